package project

import (
	"fmt"
)

// images chooses the sizes of images, in whole patches and not above those of the data.
func (p *Plan) images() {
	s, side := p.Size, p.Measured.Side.Median
	p.Patch = max(min(s.Image, side)/s.Grid, 4)
	p.Image, p.LargeImage = p.Patch*s.Grid, p.Patch*s.LargeGrid
	p.because("images: %d pixels in stages 0 and 1, %d in stage 2 and transfer, in patches of %d (half of the images have a shorter side of %d or more)",
		p.Image, p.LargeImage, p.Patch, side)
	if small := (p.LargeImage*5/4 + 15) / 16 * 16; 2*p.Measured.Side.P90 > 3*small {
		p.Shrink = &Shrink{Side: small}
		p.because("images are made smaller once, to a shorter side of %d, to save decoding large ones again and again", small)
	}
	switch {
	case p.OCR:
		p.because("no horizontal flips: images contain text")
	case p.Measured.Sided*200 > p.Measured.Texts+p.Measured.Questions:
		p.because("no horizontal flips: %d texts and questions mention left or right", p.Measured.Sided)
	default:
		p.Flips = true
	}
}

// window returns the even length, up to a limit, that holds 98% of texts with their end.
func window(s Spread, limit int) int { return even(min(max(s.P98+1, 6), limit)) }

func even(n int) int { return n + n%2 }

func (p *Plan) windows() {
	m, s := &p.Measured, p.Size
	p.Vocabulary = m.Vocabulary
	p.Text = window(m.TextPieces, s.MaxText)
	if !p.Captions { // the answers of an image, joined
		p.Text = even(min(max(4*m.Answer.P98, 8), s.MaxText))
	}
	p.DocumentInput = even(min(max(m.Document.P90, 16), s.MaxDocument))
	p.DocumentTarget = even(p.DocumentInput*3/4 + 2)
	p.CaptionPrompt, p.CaptionTarget = even(m.CaptionPrompt+1), window(m.TextPieces, s.MaxText)
	p.QuestionPrompt, p.QuestionTarget = window(m.Question, s.MaxDocument), window(m.Answer, s.MaxAnswer)
	p.Prompt = p.CaptionPrompt
	if p.Captions {
		p.Target = p.CaptionTarget
		p.Prompt = even(min(p.CaptionPrompt+p.CaptionTarget*3/4, s.MaxDocument)) // the prompt of split_cap holds a part of a text
	}
	if p.Questions {
		p.Prompt = max(p.Prompt, p.QuestionPrompt)
		p.Target = max(p.Target, p.QuestionTarget, window(m.QuestionText, s.MaxText)) // vqg asks for a question
	}
	if p.Captions {
		p.because("windows: texts of %d pieces (98%% have at most %d, the longest %d)", p.Text-1, m.TextPieces.P98, m.TextPieces.Most)
		if m.TextPieces.P90 >= p.Text {
			p.Warnings = append(p.Warnings, fmt.Sprintf("texts are long: half have more than %d pieces, and texts are truncated to %d; --size small or base allows more. Long texts are hard to generate: expect better retrieval than captions",
				m.TextPieces.Median, p.Text-1))
		}
	}
	if p.Questions {
		p.because("windows: questions of %d pieces with their prompt, answers of %d (98%% of the questions have at most %d, 98%% of the answers at most %d)",
			p.QuestionPrompt-1, p.QuestionTarget-1, m.Question.P98, m.Answer.P98)
	}
	p.because("vocabulary: %d pieces, trained on the texts", p.Vocabulary)
}

func (p *Plan) batches() {
	p.Batch0, p.Batch = p.Size.Batch0, p.Size.Batch
	// A batch of SigLIP must not hold a training image twice.
	for p.Batch0 > 6 && p.Batch0 > p.Measured.Distinct*3/4 {
		p.Batch0 -= 6
	}
	p.Texts = 1
	if p.Measured.Captioned > 0 && p.Measured.Texts/p.Measured.Captioned >= 2 {
		p.Texts = 2
		p.because("SigLIP takes two texts of an image at a time: images have %.1f texts on average", float64(p.Measured.Texts)/float64(p.Measured.Captioned))
	}
}
