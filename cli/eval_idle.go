package cli

import (
	"fmt"
	"strings"
	"time"
)

// flagGiven is a flag, and whether it has another value than its default.
type flagGiven struct {
	name  string
	given bool
}

// namesOf joins the names of the flags that are given.
func namesOf(flags ...flagGiven) string {
	var names []string
	for _, f := range flags {
		if f.given {
			names = append(names, f.name)
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// checkIdle returns an error for flags that would change nothing.
func (c evalCommand) checkIdle() error {
	switch {
	case c.List:
		return nil
	case c.Batch < 0:
		return fmt.Errorf("--batch must be 1 or more, not %d", c.Batch)
	}
	bench, data := c.Bench != "", c.Data != ""
	for _, rule := range []struct {
		applies  bool
		out, why string
	}{
		{bench && !data, c.askingFlags(), "on a benchmark's files, predictions are scored as they are, and no model is asked"},
		{bench && data, c.otherFlags(), "a benchmark is asked without solved examples and blind baselines, and --out keeps its scored items"},
		{bench && data && c.Annotations == "", c.ownerFlags(), "they are for scoring on the owner's files, which needs their --annotations"},
		{c.Model != "", c.predictorFlags(), "they are for a --predictor, not for a --model"},
		{c.Predictor != "", namesOf(flagGiven{"--batch", c.Batch > 0}), "of a --predictor, --concurrency says how many requests are open"},
		{strings.HasPrefix(c.Predictor, "cmd:"), namesOf(flagGiven{"--predictor-retries", c.PredictorRetries != defaultRetries}), "only an endpoint is asked again"},
		{strings.HasPrefix(c.Predictor, "http"), namesOf(flagGiven{"--predictor-images", c.PredictorImages == "base64"}), "an endpoint gets images in data URIs"},
		{!bench && c.Predictions != "", namesOf(flagGiven{"--batch", c.Batch > 0}), "predictions are scored as they are, and no model is asked"},
	} {
		if rule.applies && rule.out != "" {
			return fmt.Errorf("leave out %s: %s", rule.out, rule.why)
		}
	}
	return nil
}

// otherFlags are the flags given that are not for asking a benchmark.
func (c evalCommand) otherFlags() string {
	return namesOf(flagGiven{"--no-shots", c.NoShots}, flagGiven{"--no-blind", !c.Blind}, flagGiven{"--items", c.Items != ""},
		flagGiven{"--image-embeddings", c.ImageEmbeddings != ""})
}

// Defaults of flags of predictors.
const (
	defaultRetries = 6
	defaultTimeout = 2 * time.Minute
)

// askingFlags are the flags given that say how a model is asked on a dataset.
func (c evalCommand) askingFlags() string {
	return namesOf(flagGiven{"--task", len(c.Task) > 0}, flagGiven{"--lang", len(c.Lang) > 0}, flagGiven{"--texts", len(c.Texts) > 0},
		flagGiven{"--samples", c.Samples > 0}, flagGiven{"--no-blind", !c.Blind}, flagGiven{"--untrained", c.Untrained},
		flagGiven{"--no-shots", c.NoShots}, flagGiven{"--batch", c.Batch > 0}, flagGiven{"a flag of decoding", c.decodes()})
}

// ownerFlags are the flags given that name files of a benchmark beside its annotations.
func (c evalCommand) ownerFlags() string {
	return namesOf(flagGiven{"--questions", c.Questions != ""}, flagGiven{"--instances", c.Instances != ""}, flagGiven{"--classes", c.Classes != ""},
		flagGiven{"--image-labels", c.ImageLabels != ""}, flagGiven{"--hierarchy", c.Hierarchy != ""}, flagGiven{"--choices-file", c.ChoicesFile != ""},
		flagGiven{"--mask-weights", c.MaskWeights != ""})
}

// predictorFlags are the flags given that say how a predictor is asked.
func (c evalCommand) predictorFlags() string {
	return namesOf(flagGiven{"--predictor-model", c.PredictorModel != ""}, flagGiven{"--predictor-key-env", c.PredictorKeyEnv != ""},
		flagGiven{"--predictor-extra", c.PredictorExtra != ""}, flagGiven{"--predictor-images", c.PredictorImages == "base64"},
		flagGiven{"--predictor-timeout", c.PredictorTimeout != defaultTimeout},
		flagGiven{"--predictor-retries", c.PredictorRetries != defaultRetries},
		flagGiven{"--concurrency", c.Concurrency > 0}, flagGiven{"--price-in", c.PriceIn != 0}, flagGiven{"--price-out", c.PriceOut != 0})
}
