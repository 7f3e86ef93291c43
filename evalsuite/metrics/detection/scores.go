package detection

// scoreRule says which part of the tables a score is the mean of.
type scoreRule struct {
	name      string
	recall    bool
	area      int
	threshold int // -1: all
	limit     int
	frequency Frequency // 0: all
}

// scoreRules lists the scores of each rule in the order of its program.
var scoreRules = map[Rule][]scoreRule{
	COCO: {
		{name: "ap", threshold: -1}, {name: "ap50", threshold: 0}, {name: "ap75", threshold: 5},
		{name: "ap_small", area: 1, threshold: -1}, {name: "ap_medium", area: 2, threshold: -1}, {name: "ap_large", area: 3, threshold: -1},
		{name: "ar_1", recall: true, threshold: -1}, {name: "ar_10", recall: true, threshold: -1, limit: 1}, {name: "ar_100", recall: true, threshold: -1, limit: 2},
		{name: "ar_small", recall: true, area: 1, threshold: -1, limit: 2}, {name: "ar_medium", recall: true, area: 2, threshold: -1, limit: 2}, {name: "ar_large", recall: true, area: 3, threshold: -1, limit: 2},
	},
	OpenImages: {{name: "ap50"}},
	LVIS: {
		{name: "ap", threshold: -1}, {name: "ap50", threshold: 0}, {name: "ap75", threshold: 5},
		{name: "ap_small", area: 1, threshold: -1}, {name: "ap_medium", area: 2, threshold: -1}, {name: "ap_large", area: 3, threshold: -1},
		{name: "ap_rare", threshold: -1, frequency: Rare}, {name: "ap_common", threshold: -1, frequency: Common}, {name: "ap_frequent", threshold: -1, frequency: Frequent},
		{name: "ar_300", recall: true, threshold: -1, limit: 2},
		{name: "ar_small", recall: true, area: 1, threshold: -1, limit: 2}, {name: "ar_medium", recall: true, area: 2, threshold: -1, limit: 2}, {name: "ar_large", recall: true, area: 3, threshold: -1, limit: 2},
	},
}

// Names returns the names of the rule's scores: 12 of COCO, which are ap (the mean over ten
// thresholds of the intersection over union), ap50 and ap75, ap_small, ap_medium, ap_large, ar_1,
// ar_10 and ar_100 (average recall with that number of detections), ar_small, ar_medium and
// ar_large; 13 of LVIS, which has ap_rare, ap_common and ap_frequent, and ar_300; ap50 of
// OpenImages.
func (r Rule) Names() []string {
	var names []string
	for _, s := range scoreRules[r] {
		names = append(names, s.name)
	}
	return names
}

// Scores returns the scores in the order of [Rule.Names], as fractions, of all categories and of
// each. A score is -1 if no object counts for it, as in the owners' programs.
//
// Weights say how often each image counts: nil is once, and 0 leaves it out. An image that counts
// twice does so as two images would whose equal scores are adjacent. It may be called concurrently,
// and takes a few milliseconds for 100,000 detections.
func (e *Evaluation) Scores(weights []int32) (scores []float64, categories [][]float64) {
	if e.rule == OpenImages {
		return e.openScores(weights)
	}
	rules := scoreRules[e.rule]
	e.tables(weights, func(tables []table) {
		for i := range rules {
			scores = append(scores, e.score(tables, &rules[i]))
		}
		values := make([]float64, len(tables)*len(rules))
		for c := range tables {
			of := values[c*len(rules):][:len(rules):len(rules)]
			for i := range rules {
				var m mean
				rules[i].add(&m, &tables[c])
				of[i] = m.value()
			}
			categories = append(categories, of)
		}
	})
	return scores, categories
}

// score returns a score of the categories that it is about.
func (e *Evaluation) score(tables []table, r *scoreRule) float64 {
	var m mean
	for c := range tables {
		if r.frequency == 0 || c < len(e.frequency) && e.frequency[c] == r.frequency {
			r.add(&m, &tables[c])
		}
	}
	return m.value()
}

// add adds the values of a category.
func (r *scoreRule) add(m *mean, t *table) {
	of := &t.precision[r.area]
	if r.recall {
		of = &t.recall[r.limit][r.area]
	}
	if r.threshold >= 0 {
		m.add(of[r.threshold])
		return
	}
	for _, v := range of {
		m.add(v)
	}
}

// mean is a mean of values that are not -1.
type mean struct {
	sum float64
	n   int
}

func (m *mean) add(v float64) {
	if v >= 0 {
		m.sum, m.n = m.sum+v, m.n+1
	}
}

func (m *mean) value() float64 {
	if m.n == 0 {
		return -1
	}
	return m.sum / float64(m.n)
}
