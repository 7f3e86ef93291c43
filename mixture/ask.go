package mixture

// Ask is one thing that a task asks of a sample, with the right answers. Unlike a training example,
// it has nothing random.
type Ask struct {
	// ID is that of the question, or KEY/LANGUAGE of the sample's key and the language asked for.
	ID string
	// Language of the text that is asked for, or of the question.
	Language string
	// Kind of the question; otherwise the task's kind.
	Kind string
	// Question as the dataset has it; empty for tasks without one.
	Question string
	// Prompt is the encoder's text.
	Prompt string
	// Truths are the answers or texts that people gave.
	Truths []string
	// Shots are the places, in [AskOptions.Solved], of the solved examples in the prompt. The first
	// image of each comes before the sample's. See [Asker].
	Shots []int
	// Images are those of the sample's that are shown, nil for the first ones.
	Images []int
}

// askIn asks for a text in a language, or for the answer to a question.
func (t *Task) askIn(key, language, question string) Ask {
	return Ask{
		ID: key + "/" + language, Language: language, Kind: t.Kind, Question: question,
		Prompt: t.FillIn(language, "question", question),
	}
}
