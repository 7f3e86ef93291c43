package cli

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/pali3/pali3/project"
)

// progress shows rate, remaining time and rejects in a line on standard error. If standard error is
// not a terminal, it writes a plain line every ten seconds.
type progress struct {
	w          io.Writer
	name, unit string
	total      int64
	quiet      bool
	bar        *progressbar.ProgressBar
	start      time.Time
	printed    time.Time
	done, bad  int64
	found      int64 // the part of done that was done before the line began
	note       string
	part       float64 // fraction that is done, if there is no total; 0 if unknown
	partAt     struct {
		part float64
		time time.Time
	} // the first known part, so that work of an interrupted run does not count towards the rate
}

// progress begins a line on standard error; total is -1 if unknown.
func (con *console) progress(name, unit string, total int64) *progress {
	p := &progress{w: con.err, name: name, unit: unit, total: total, quiet: con.quiet, start: time.Now(), printed: time.Now()}
	if !con.quiet && isTerminal(con.err) {
		p.bar = p.newBar(true)
	}
	return p
}

// line begins a line of progress. Packages take it as a callback.
func (con *console) line(name, unit string, total int64) project.Line {
	return con.progress(name, unit, total)
}

// newBar makes the bar of a terminal, which shows rate and remaining time if it predicts.
func (p *progress) newBar(predict bool) *progressbar.ProgressBar {
	options := []progressbar.Option{
		progressbar.OptionSetWriter(p.w),
		progressbar.OptionSetDescription(p.name),
		progressbar.OptionShowCount(),
		progressbar.OptionSetItsString(p.unit),
		progressbar.OptionSetPredictTime(predict),
		progressbar.OptionThrottle(200 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
	}
	if predict {
		options = append(options, progressbar.OptionShowIts())
	}
	return progressbar.NewOptions64(p.total, options...)
}

// Resume sets the number of items that an earlier run did. They do not count towards the rate. The
// work began elapsed ago.
func (p *progress) Resume(found int64, elapsed time.Duration) {
	p.found, p.done, p.start = found, found, time.Now().Add(-elapsed)
	if p.bar != nil && found > 0 { // the bar would count them towards its rate
		p.bar = p.newBar(false)
		p.bar.Set64(found)
	}
}

// rate returns items per second.
func (p *progress) rate() float64 { return float64(p.done-p.found) / time.Since(p.start).Seconds() }

// pace returns the rate and the remaining time as text, "" before anything is done.
func (p *progress) pace() string {
	rate := p.rate()
	if p.total <= 0 || rate <= 0 {
		return ""
	}
	left := time.Duration(float64(p.total-p.done) / rate * float64(time.Second))
	return fmt.Sprintf("%.1f %s/s, %s to go", rate, p.unit, left.Round(time.Second))
}

// Clear removes the line from the terminal, so that something else can be printed.
func (p *progress) Clear() {
	if p.bar != nil {
		p.bar.Clear()
	}
}

// Set sets how many items are done and how many of them were bad.
func (p *progress) Set(done, bad int64) {
	p.done, p.bad = done, bad
	if p.bar != nil {
		var notes []string
		if pace := p.pace(); p.found > 0 && pace != "" {
			notes = append(notes, pace)
			if p.note != "" {
				notes = append(notes, p.note)
			}
		}
		if left := p.remaining(); left != "" {
			notes = append(notes, left)
		}
		if bad > 0 {
			notes = append(notes, fmt.Sprintf("%d rejected", bad))
		}
		if len(notes) > 0 {
			p.bar.Describe(fmt.Sprintf("%s (%s)", p.name, strings.Join(notes, ", ")))
		}
		p.bar.Set64(done)
		return
	}
	if time.Since(p.printed) > 10*time.Second {
		p.printed = time.Now()
		p.print()
	}
}

// bytes returns a function that sets how many of all bytes are done, for lines that count MB. It is
// safe for concurrent use.
func (p *progress) bytes() func(done, all int64) {
	var mu sync.Mutex
	return func(done, all int64) {
		mu.Lock()
		defer mu.Unlock()
		if p.total < 0 && p.bar != nil {
			p.bar.ChangeMax64(all / 1e6)
		}
		p.total = all / 1e6
		p.Set(max(p.done, done/1e6), 0)
	}
}

// Part sets the fraction of the work that is done, from 0 to 1, for work whose total is not known
// in the line's unit.
func (p *progress) Part(part float64) {
	if p.partAt.time.IsZero() && part > 0 {
		p.partAt.part, p.partAt.time = part, time.Now()
	}
	p.part = part
}

// remaining returns the remaining time estimated from the fraction done, "" if unknown.
func (p *progress) remaining() string {
	gained := p.part - p.partAt.part
	if p.part <= 0 || gained <= 0 {
		return ""
	}
	left := time.Duration((1 - p.part) / gained * float64(time.Since(p.partAt.time)))
	return fmt.Sprintf("%.0f%%, %s to go", 100*p.part, left.Round(time.Second))
}

// Note sets the text at the end of the line, such as the loss.
func (p *progress) Note(text string) {
	p.note = text
	if p.bar != nil {
		p.bar.Describe(p.name + " (" + text + ")")
	}
}

func (p *progress) print() {
	if p.quiet {
		return
	}
	rate := p.rate()
	line := fmt.Sprintf("%s: %d", p.name, p.done)
	if p.total > 0 {
		line += fmt.Sprintf(" of %d", p.total)
	}
	line += fmt.Sprintf(" %s, %.1f/s", p.unit, rate)
	if p.total > 0 && rate > 0 {
		line += fmt.Sprintf(", %s to go", (time.Duration(float64(p.total-p.done) / rate * float64(time.Second))).Round(time.Second))
	}
	if left := p.remaining(); left != "" {
		line += ", " + left
	}
	if p.bad > 0 {
		line += fmt.Sprintf(", %d rejected", p.bad)
	}
	if p.note != "" {
		line += ", " + p.note
	}
	fmt.Fprintln(p.w, line)
}

// End completes the line.
func (p *progress) End() {
	if p.bar != nil {
		p.bar.Finish()
	}
	p.print()
}
