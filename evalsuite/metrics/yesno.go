package metrics

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// The functions of this file read "yes" or "no" out of a response.

// POPEYesNo reads the first sentence by the rule of POPE's owners (RUCAIBox/POPE, evaluate.py): no
// if one of its words is No, no or not, else yes. A yes that is not among the words is Assumed.
func POPEYesNo(response string) Extraction {
	sentence, _, _ := strings.Cut(response, ".")
	words := strings.Split(strings.ReplaceAll(sentence, ",", ""), " ")
	for _, word := range words {
		switch word {
		case "No", "no", "not":
			return parsed("no")
		}
	}
	assumed := !slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, "yes") })
	return Extraction{Answer: "yes", Parsed: true, Assumed: assumed}
}

// LMMsEvalYesNo reads a response that is yes or no in any case, white space around it
// (lmms-eval, tasks/pope/utils.py).
func LMMsEvalYesNo(response string) Extraction {
	return exactYesNo(pythonStrip(pythonLower(response)))
}

// BigVisionYesNo reads a response that is yes or no in any case (big_vision,
// evaluators/proj/paligemma/transfers/pope.py).
func BigVisionYesNo(response string) Extraction { return exactYesNo(pythonLower(response)) }

func exactYesNo(response string) Extraction {
	if response == "yes" || response == "no" {
		return parsed(response)
	}
	return unparsed(neither)
}

// VLMEvalKitYesNo reads a response that has one of yes and no among its words, punctuation removed
// (VLMEvalKit, dataset/utils/yorn.py, YOrN_Extraction).
func VLMEvalKitYesNo(response string) Extraction {
	words := pythonFields(vlmEvalKit.stripPunctuation(pythonLower(response)))
	yes, no := slices.Contains(words, "yes"), slices.Contains(words, "no")
	switch {
	case yes && no:
		return unparsed(both)
	case yes:
		return parsed("yes")
	case no:
		return parsed("no")
	}
	return unparsed(neither)
}

// MMEYesNo reads the first four characters by the rule of MME's owners (BradyFU/
// Awesome-Multimodal-Large-Language-Models, eval_tool/calculation.py): yes if yes is among them,
// else no if no is, as in "not".
func MMEYesNo(response string) Extraction { return mmePrefix(pythonLower(response)) }

// LMMsEvalMMEYesNo is [MMEYesNo] as lmms-eval has it (tasks/mme/utils.py): white space around the
// response and periods go first, and y and n suffice.
func LMMsEvalMMEYesNo(response string) Extraction {
	response = strings.ReplaceAll(pythonStrip(pythonLower(response)), ".", "")
	switch response {
	case "y":
		return parsed("yes")
	case "n":
		return parsed("no")
	}
	return mmePrefix(response)
}

func mmePrefix(response string) Extraction {
	prefix := response
	for i, n := 0, 0; i < len(response); n++ {
		if n == len("yes ") {
			prefix = response[:i]
			break
		}
		_, size := utf8.DecodeRuneInString(response[i:])
		i += size
	}
	switch {
	case strings.Contains(prefix, "yes"):
		return parsed("yes")
	case strings.Contains(prefix, "no"):
		return parsed("no")
	}
	return unparsed(neither)
}
