package sentencepiece

import (
	"fmt"
	"testing"
	"time"
)

func TestCountLocal(t *testing.T) {
	m, _ := Open("/work/shared/data/spm/nai-t5.model")
	for _, n := range []string{"en", "multi"} {
		texts, _ := localTexts(&testing.B{}, "/tmp/bench/"+n)
		w := new(scratch)
		words, miss, mb, fnd, long := 0, 0, 0, 0, 0
		var all [][]byte
		for _, x := range texts {
			for at := 0; at < len(x); {
				if x[at] == ' ' {
					at++
					continue
				}
				wd := nextWord(x, at)
				at += len(wd.text)
				words++
				if k, _ := w.memo.find(wd); k != nil {
					continue
				}
				miss++
				d := &w.normalized
				d.reset()
				d.addSpace(m.normalizer.space, 0)
				if m.normalizer.untouched.run(wd.text, 0) == len(wd.text) {
					d.text = append(d.text, wd.text...)
				} else {
					m.normalizer.body(d, wd.text, 0)
				}
				if len(d.text) > maxWord {
					long++
					continue
				}
				mb += len(d.text)
				l := m.segmenter.word(w, d.text)
				fnd += len(w.found)
				w.scored = m.appendFound(w.scored[:0], w)
				w.memo.add(wd, l, w.scored)
				all = append(all, append([]byte(nil), d.text...))
			}
		}
		began := time.Now()
		for _, x := range all {
			m.segmenter.word(w, x)
		}
		e := time.Since(began)
		fmt.Println(n, "words", words, "miss", miss, "bytes", mb, "found", fnd, "long", long, "word() alone", e, e/time.Duration(len(all)))
	}
}
