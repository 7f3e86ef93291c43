package project

// Pipeline is the content of pipeline.yaml: the phases of a project, in order. A phase that is left
// out does not run. Paths are relative to the project's folder.
type Pipeline struct {
	// Title and About are the heading of the report.
	Title string `yaml:"title,omitempty"`
	About string `yaml:"about,omitempty"`
	// Seed of the random choices for scores and the report. Each recipe has its own seed.
	Seed uint64 `yaml:"seed"`
	// Ingest is the source of the dataset raw.
	Ingest *Ingest `yaml:"ingest,omitempty"`
	// Data is an existing dataset, if nothing is ingested.
	Data string `yaml:"data,omitempty"`
	// Shrink makes images smaller before anything else. Without it they stay as they are.
	Shrink *Shrink `yaml:"shrink,omitempty"`
	// Curate is the curation recipe. Without one all samples stay.
	Curate string `yaml:"curate,omitempty"`
	// Split sets samples aside for validation and test. Without it the dataset must have splits.
	Split *Split `yaml:"split,omitempty"`
	// Tokenizer is trained on the texts of the train split.
	Tokenizer Tokenizer `yaml:"tokenizer"`
	// Train lists the stages in order.
	Train []Stage `yaml:"train"`
	// Score selects the splits and the models to score.
	Score Score `yaml:"score"`
}

// Ingest is a source of samples.
type Ingest struct {
	// Source is the kind of source: folder (images with texts), table, easyvqa, or webdataset
	// (archives).
	Source string `yaml:"source"`
	// Path of the folder, table or archive.
	Path string `yaml:"path"`
	// Language of texts without a language, as BCP-47.
	Language string `yaml:"language,omitempty"`
	// TextFrom makes texts for images without one: from the filename or the name of the folder.
	TextFrom string `yaml:"text_from,omitempty"`
	// Columns of a table: image, text (a list), language, question, answers, group.
	Columns Columns `yaml:"columns,omitempty"`
}

// Columns names the columns of a table.
type Columns struct {
	Image    string   `yaml:"image,omitempty"`
	Text     []string `yaml:"text,omitempty"`
	Language string   `yaml:"language,omitempty"`
	Question string   `yaml:"question,omitempty"`
	Answers  string   `yaml:"answers,omitempty"`
	Group    string   `yaml:"group,omitempty"` // rows with the same value become one sample
}

// Split sets parts of the samples aside by a hash, so that adding samples does not move others.
type Split struct {
	// Fractions of the samples by split, for example {val: 0.05, test: 0.1}.
	Fractions map[string]float64 `yaml:"fractions"`
	// By is what is hashed: key, or a column. Samples with the same value stay together.
	By string `yaml:"by,omitempty"`
	// KeepTogether is near-duplicates if images that look alike must go to the same split.
	KeepTogether string `yaml:"keep_together,omitempty"`
}

// Tokenizer describes the tokenizer to train.
type Tokenizer struct {
	// VocabSize is the number of pieces, including special ones.
	VocabSize int `yaml:"vocab_size"`
}

// Stage is one training run: its recipe and its run folder.
type Stage struct {
	// Name of the run folder.
	Name string `yaml:"name"`
	// Recipe file.
	Recipe string `yaml:"recipe"`
	// About describes in a few words what is trained, for the report.
	About string `yaml:"about,omitempty"`
}

// Score names the splits to score and, for each task, the stage whose model is scored.
type Score struct {
	Splits []string `yaml:"splits"`
	// Caption, VQA and Retrieval name stages. A task without one is not scored.
	Caption   string `yaml:"caption,omitempty"`
	VQA       string `yaml:"vqa,omitempty"`
	Retrieval string `yaml:"retrieval,omitempty"`
	// Samples is the highest number of samples per split; 0 means all.
	Samples int `yaml:"samples,omitempty"`
}

// scored is a task and the stage whose model is scored on it.
type scored struct{ task, stage string }

// stages lists the tasks to score, in order.
func (s Score) stages() (all []scored) {
	for _, each := range []scored{{"caption", s.Caption}, {"vqa", s.VQA}, {"retrieval", s.Retrieval}} {
		if each.stage != "" {
			all = append(all, each)
		}
	}
	return all
}
