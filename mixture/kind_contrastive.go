package mixture

// makeContrastive returns all texts of the sample in a random order.
func makeContrastive(m *Material) (Draft, error) {
	texts := m.Task.TextsOf(m.Sample)
	var d Draft
	for _, i := range m.Rng.Perm(len(texts)) {
		d.Texts = append(d.Texts, m.Task.FillIn(texts[i].Language, "text", texts[i].Value))
	}
	return d, nil
}
