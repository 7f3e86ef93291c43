package metrics

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// vqaProcess is the official VQA evaluation's processing of answers (vqaEval.py:
// processPunctuation, then processDigitArticle), with what its descendants changed.
type vqaProcess struct {
	// commaRuns joins at several commas between two digits as well: (?<=\d)(\,)+(?=\d).
	commaRuns bool
	// keepAfterDigit keeps a period that follows a digit: (?<!\d)\.(?!\d), as the official
	// expression (?!<=\d)(\.)(?!\d) was meant to.
	keepAfterDigit bool
	contractions   func() map[string]string
}

// The processors: of VQA v2 (GT-Vision-Lab/VQA, vqaEval.py), of EvalAI as TextVQA and lmms-eval use
// it (facebookresearch/mmf, EvalAIAnswerProcessor), of VLMEvalKit (smp/misc.py and
// dataset/utils/vqa_eval.py) and of VizWiz (its API's vqaEval.py).
var (
	officialVQA = vqaProcess{contractions: officialContractions}
	evalAI      = vqaProcess{commaRuns: true, contractions: officialContractions}
	vlmEvalKit  = vqaProcess{keepAfterDigit: true, contractions: officialContractions}
	vizWiz      = vqaProcess{contractions: vizWizContractions}
)

func officialContractions() map[string]string { return vqaContractions }

// vizWizContractions are the official contractions as the VizWiz API has them: with typographic
// apostrophes, apart from a few entries.
var vizWizContractions = sync.OnceValue(func() map[string]string {
	const straightKeys = " couldn'tve hadn'tve "
	const straightValues = " ain't aren't can't could've we've where's who've "
	curly := func(word, straight string) string {
		if strings.Contains(straight, " "+word+" ") {
			return word
		}
		return strings.ReplaceAll(word, "'", "’")
	}
	words := make(map[string]string, len(vqaContractions))
	for word, full := range vqaContractions {
		words[curly(word, straightKeys)] = curly(full, straightValues)
	}
	return words
})

var lineBreaks = strings.NewReplacer("\n", " ", "\t", " ")

func cleanVQA(answer string) string {
	if isVQAWord(answer) {
		return answer
	}
	if strings.IndexByte(answer, '\n') >= 0 || strings.IndexByte(answer, '\t') >= 0 {
		answer = lineBreaks.Replace(answer)
	}
	return pythonStrip(answer)
}

func (p vqaProcess) process(answer string) string {
	contractions := p.contractions()
	if isVQAWord(answer) {
		return processVQAWord(answer, contractions)
	}
	text := pythonLower(p.stripPunctuation(answer))
	if !strings.ContainsFunc(text, isPythonSpace) { // one word
		return processVQAWord(text, contractions)
	}
	words := strings.FieldsFunc(text, isPythonSpace)
	kept := words[:0]
	for _, word := range words {
		if word = processVQAWord(word, contractions); word != "" {
			kept = append(kept, word)
		}
	}
	return strings.Join(kept, " ")
}

// processVQAWord returns the word's digits or full spelling, or "" for an article.
func processVQAWord(word string, contractions map[string]string) string {
	switch {
	case word == "a" || word == "an" || word == "the":
		return ""
	case word == "" || !vqaLast[word[len(word)-1]]:
		return word
	case len(word) <= len("seven"):
		if digits, ok := vqaNumbers[word]; ok {
			return digits
		}
	}
	if full, ok := contractions[word]; ok {
		return full
	}
	return word
}

// vqaLast are the last letters of the words that processVQAWord looks up.
var vqaLast = func() (is [256]bool) {
	for word := range vqaNumbers {
		is[word[len(word)-1]] = true
	}
	for word := range vqaContractions {
		is[word[len(word)-1]] = true
	}
	return is
}()

// isVQAWord reports whether an answer is a word that only processVQAWord can change, as most are:
// it has no marks, no white space, no capitals and only ASCII.
func isVQAWord(answer string) bool {
	for i := range len(answer) {
		if !vqaPlain[answer[i]] {
			return false
		}
	}
	return true
}

// vqaPlain are the bytes of such words.
var vqaPlain = func() (is [256]bool) {
	for c := '!'; c <= '~'; c++ {
		is[c] = !vqaMarks[c] && (c < 'A' || c > 'Z')
	}
	return is
}()

const vqaPunctuation = ";/[]\"{}()=+\\_-><@`,?!"

// vqaMarks are the bytes of vqaPunctuation, and the period.
var vqaMarks = func() (is [256]bool) {
	for _, mark := range []byte(vqaPunctuation + ".") {
		is[mark] = true
	}
	return is
}()

// hasVQAMark reports whether an answer has a mark of vqaMarks.
func hasVQAMark(answer string) bool {
	for i := range len(answer) {
		if vqaMarks[answer[i]] {
			return true
		}
	}
	return false
}

// stripPunctuation is the official processPunctuation. A mark is deleted if it stands beside a
// space anywhere in the answer, or if the answer holds a comma between digits; otherwise each of
// its occurrences becomes a space. Then periods not followed by a digit go: the official expression
// (?!<=\d)(\.)(?!\d) was meant to look behind as well but does not, and its call passes
// re.UNICODE, which is 32, as the number of replacements.
func (p vqaProcess) stripPunctuation(answer string) string {
	if !hasVQAMark(answer) {
		return answer
	}
	var vanishes [utf8.RuneSelf]bool // the marks beside a space
	joins := false                   // a comma between digits
	for i := range len(answer) {
		if c := answer[i]; strings.IndexByte(vqaPunctuation, c) >= 0 {
			before, after := answer[:i], answer[i+1:]
			vanishes[c] = vanishes[c] || strings.HasSuffix(before, " ") || strings.HasPrefix(after, " ")
			if p.commaRuns {
				after = strings.TrimLeft(after, ",")
			}
			joins = joins || c == ',' && endsInDigit(before) && beginsWithDigit(after)
		}
	}
	var spaced strings.Builder
	for i := range len(answer) {
		switch c := answer[i]; {
		case strings.IndexByte(vqaPunctuation, c) < 0:
			spaced.WriteByte(c)
		case !joins && !vanishes[c]:
			spaced.WriteByte(' ')
		}
	}
	text := spaced.String()
	if strings.IndexByte(text, '.') < 0 {
		return text
	}
	var out strings.Builder
	for i, removed := 0, 0; i < len(text); i++ {
		stays := beginsWithDigit(text[i+1:]) || p.keepAfterDigit && endsInDigit(text[:i])
		if text[i] == '.' && removed < 32 && !stays {
			removed++
			continue
		}
		out.WriteByte(text[i])
	}
	return out.String()
}

func beginsWithDigit(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.Is(unicode.Nd, r)
}

func endsInDigit(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(s)
	return unicode.Is(unicode.Nd, r)
}
