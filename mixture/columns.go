package mixture

import "slices"

// This file says which columns of a dataset tell whether a task can use a sample. Those of a task's
// split, its images' sizes and its samples' keys are added where a scan needs them.

// everyColumn is what a kind without Columns reads: all but the bytes of images.
var everyColumn = []string{
	"key", "split", "images.format", "images.width", "images.height", "images.sha256",
	"texts", "questions", "boxes", "provenance", "scores", "metadata",
}

// columns returns the columns that a kind reads of samples to tell which of them a task can use.
func (k Kind) columns(t *Task) []string {
	if k.Columns == nil {
		return slices.Clone(everyColumn)
	}
	return slices.Clone(k.Columns(t))
}

// columnsOfTexts are those of [Task.TextsOf].
func columnsOfTexts(t *Task) []string {
	columns := []string{"texts.kind", "texts.language", "texts.value"}
	if slices.Contains(t.Texts, answerTexts) {
		columns = append(columns, columnsOfQuestions(t)...)
	}
	return columns
}

// columnsOfQuestions are those of [Task.QuestionsOf].
func columnsOfQuestions(*Task) []string {
	return []string{"questions.language", "questions.kind", "questions.answers"}
}

// columnsOfReplay are those of texts and questions.
func columnsOfReplay(t *Task) []string { return append(columnsOfTexts(t), columnsOfQuestions(t)...) }

// columnsOfBoxes are those of boxes without masks.
func columnsOfBoxes(*Task) []string {
	return []string{"boxes.label", "boxes.image", "boxes.y0", "boxes.x0", "boxes.y1", "boxes.x1"}
}

// columnsOfMasks are those of boxes and the codes of their masks.
func columnsOfMasks(t *Task) []string { return append(columnsOfBoxes(t), "metadata") }

// columnsOfObjects are those of the sources of labels.
func columnsOfObjects(t *Task) (columns []string) {
	if len(t.Objects) == 0 {
		return []string{"boxes.label"}
	}
	for _, source := range t.Objects {
		switch source {
		case objectBoxes:
			columns = append(columns, "boxes.label")
		case objectTexts:
			columns = append(columns, columnsOfTexts(t)...)
		default:
			columns = append(columns, "metadata")
		}
	}
	return columns
}
