package project

// stages chooses the stages of training and their shares of the time.
func (p *Plan) stages() {
	add := func(name, about string, share float64) {
		p.Stages = append(p.Stages, PlannedStage{
			Stage: Stage{Name: name, Recipe: recipesFolder + "/" + name + ".yaml", About: about}, Kind: name, Share: share,
		})
	}
	if p.SigLIP {
		add("siglip", "Stage 0: image and text towers, contrastive", 0.30)
	}
	if p.UL2 {
		add("ul2", "Stage 0: encoder-decoder, mixture of denoisers", 0.03)
	} else {
		p.because("no UL2 stage: the data have too little text to learn a language (half of the images have %d pieces or fewer)", p.Measured.Document.Median)
	}
	switch {
	case p.SigLIP:
		add("stage1", "Stage 1: multimodal mixture, image encoder frozen", 0.12)
		if !p.Captions {
			p.because("SigLIP learns from the answers to open questions")
		}
	default:
		p.because("no SigLIP stage and no stage 1: yes and no as the only answers do not tell images apart; stage 2 starts from random weights")
	}
	add("stage2", "Stage 2: larger images, nothing frozen", 0.25)
	if p.Captions {
		add("caption", "Transfer: captions, image encoder frozen", 0.20)
		p.Score.Caption = "caption"
	}
	if p.Questions {
		add("vqa", "Transfer: questions, image encoder frozen", 0.12)
		p.Score.VQA = "vqa"
	}
	if p.Captions {
		p.Score.Retrieval = "siglip"
	}
	total := 0.0
	for _, s := range p.Stages {
		total += s.Share
	}
	for i := range p.Stages {
		p.Stages[i].Share /= total
	}
}
