package project

// Pipeline is pipeline.yaml: the phases of a project in order. A phase that is left out is not
// done. Paths begin at the project's folder.
type Pipeline struct {
	// Title and About head the report.
	Title string `yaml:"title,omitempty"`
	About string `yaml:"about,omitempty"`
	// Seed of what is drawn for scores and the report; each recipe has a seed of its own.
	Seed uint64 `yaml:"seed"`
	// Ingest says what the dataset raw is made from.
	Ingest *Ingest `yaml:"ingest,omitempty"`
	// Data is a dataset that is there already, where nothing is ingested.
	Data string `yaml:"data,omitempty"`
	// Shrink makes images smaller before all else; without it they stay as they came.
	Shrink *Shrink `yaml:"shrink,omitempty"`
	// Curate is the curation recipe; without one all samples stay.
	Curate string `yaml:"curate,omitempty"`
	// Split sets samples aside for validation and test; without it the data have their splits.
	Split *Split `yaml:"split,omitempty"`
	// Tokenizer is trained on the texts of the train split.
	Tokenizer Tokenizer `yaml:"tokenizer"`
	// Train lists the stages in order.
	Train []Stage `yaml:"train"`
	// Score says which splits the models are scored on.
	Score Score `yaml:"score"`
}

// Ingest is one source of samples.
type Ingest struct {
	// Source is what the path holds: folder (images with texts), table, easyvqa, or webdataset
	// (archives).
	Source string `yaml:"source"`
	// Path of the folder, table or archive.
	Path string `yaml:"path"`
	// Language of texts that do not say theirs, as BCP-47.
	Language string `yaml:"language,omitempty"`
	// TextFrom makes texts for images without any: filename, or folder for their folders' names.
	TextFrom string `yaml:"text_from,omitempty"`
	// Columns of a table: image, text (a list), language, question, answers, group.
	Columns Columns `yaml:"columns,omitempty"`
}

// Columns of a table by name.
type Columns struct {
	Image    string   `yaml:"image,omitempty"`
	Text     []string `yaml:"text,omitempty"`
	Language string   `yaml:"language,omitempty"`
	Question string   `yaml:"question,omitempty"`
	Answers  string   `yaml:"answers,omitempty"`
	Group    string   `yaml:"group,omitempty"` // rows of one value are one sample
}

// Split sets parts of the samples aside, by a hash that additions do not change.
type Split struct {
	// Fractions of the samples by the name of their split, for example {val: 0.05, test: 0.1}.
	Fractions map[string]float64 `yaml:"fractions"`
	// By is what is hashed: key, or a column. Samples of one value stay together.
	By string `yaml:"by,omitempty"`
	// KeepTogether is near-duplicates where images that look alike go to one split.
	KeepTogether string `yaml:"keep_together,omitempty"`
}

// Tokenizer says how large a vocabulary is trained.
type Tokenizer struct {
	// VocabSize is the number of pieces, special ones included.
	VocabSize int `yaml:"vocab_size"`
}

// Stage is one training: its recipe, and the run folder that it goes to.
type Stage struct {
	// Name of the run folder.
	Name string `yaml:"name"`
	// Recipe file.
	Recipe string `yaml:"recipe"`
	// About says in a few words what is trained, for the report.
	About string `yaml:"about,omitempty"`
}

// Score names the splits to score and the stage that each task is scored with.
type Score struct {
	Splits []string `yaml:"splits"`
	// Caption, VQA and Retrieval name stages; a task without one is not scored.
	Caption   string `yaml:"caption,omitempty"`
	VQA       string `yaml:"vqa,omitempty"`
	Retrieval string `yaml:"retrieval,omitempty"`
	// Samples of each split at most; 0 for all.
	Samples int `yaml:"samples,omitempty"`
}

// scored is a task with the stage that it is scored with.
type scored struct{ task, stage string }

// stages lists the tasks that are scored, in order.
func (s Score) stages() (all []scored) {
	for _, each := range []scored{{"caption", s.Caption}, {"vqa", s.VQA}, {"retrieval", s.Retrieval}} {
		if each.stage != "" {
			all = append(all, each)
		}
	}
	return all
}
