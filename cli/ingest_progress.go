package cli

import (
	"sync"
	"time"

	"github.com/pali3/pali3/ingest"
)

// ingestProgress shows the progress of an ingestion. A source such as web archives may read for
// minutes before its first record, so it also shows which part of the source has been read.
type ingestProgress struct {
	mu            sync.Mutex
	bar           *progress
	source        ingest.Measured // or nil
	done, rejects int64
}

// set shows the number of records and rejects so far.
func (p *ingestProgress) set(done, rejects int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.rejects = done, rejects
	p.show()
}

func (p *ingestProgress) show() {
	if p.source != nil {
		p.bar.Part(p.source.Part())
	}
	p.bar.Set(p.done, p.rejects)
}

// everySecond shows the source's part until stop is called.
func (p *ingestProgress) everySecond() (stop func()) {
	ticker, done := time.NewTicker(time.Second), make(chan struct{})
	var showing sync.WaitGroup
	showing.Go(func() {
		for {
			select {
			case <-ticker.C:
				p.mu.Lock()
				p.show()
				p.mu.Unlock()
			case <-done:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		showing.Wait()
	}
}
