package predictors

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// Limits of a program.
const (
	maxLine   = 1 << 20         // bytes of a reply
	maxStderr = 1 << 20         // bytes of standard error that are passed on
	keptError = 2 << 10         // bytes of standard error that an error quotes
	grace     = 5 * time.Second // for the program to end after its input did
	drain     = time.Second     // for the last lines of a program that ended
)

// outputLine is a line that the program wrote.
type outputLine struct {
	text []byte
	long bool // text is only its beginning
}

// process is a program that runs.
type process struct {
	run      *exec.Cmd
	requests chan []byte     // to be written; closed at the end
	lines    chan outputLine // closed after the last
	ended    chan struct{}   // closed when the program has ended
	err      error           // of its end
	stop     context.CancelFunc
	stopped  context.Context
	stderr   *tail
	replied  bool
	closing  sync.Once
	threads  sync.WaitGroup
}

// startProcess starts a program with pipes for its requests, of which at most inFlight wait for
// their reply, and for its replies.
func startProcess(run *exec.Cmd, inFlight int, stderr io.Writer) (*process, error) {
	fromUs, toIt, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	fromIt, toUs, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, fromUs.Close(), toIt.Close())
	}
	p := &process{run: run, requests: make(chan []byte, inFlight), lines: make(chan outputLine), ended: make(chan struct{}), stderr: &tail{to: stderr}}
	p.stopped, p.stop = context.WithCancel(context.Background())
	run.Stdin, run.Stdout, run.Stderr, run.WaitDelay = fromUs, toUs, p.stderr, drain
	ownGroup(run)
	err = run.Start()
	fromUs.Close()
	toUs.Close()
	if err != nil {
		p.stop()
		return nil, errors.Join(err, toIt.Close(), fromIt.Close())
	}
	p.threads.Go(func() { p.writeAll(toIt) })
	p.threads.Go(func() { p.readAll(fromIt) })
	p.threads.Go(func() {
		p.err = run.Wait()
		close(p.ended)
	})
	context.AfterFunc(p.stopped, func() { // which ends a read or a write that waits
		toIt.Close()
		fromIt.Close()
	})
	return p, nil
}

// writeAll writes requests until there are no more, and then closes the program's input.
func (p *process) writeAll(to *os.File) {
	defer to.Close()
	failed := false
	for line := range p.requests {
		if !failed {
			_, err := to.Write(line)
			failed = err != nil // the end of the program tells why
		}
	}
}

// write hands a request to the program. It does not wait, since all requests in flight have room.
func (p *process) write(line []byte) { p.requests <- line }

// readAll reads the program's lines.
func (p *process) readAll(from *os.File) {
	defer close(p.lines)
	defer from.Close()
	in := bufio.NewReaderSize(from, 64<<10)
	for {
		line, err := readLine(in)
		if len(bytes.TrimSpace(line.text)) > 0 {
			select {
			case p.lines <- line:
			case <-p.stopped.Done():
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// readLine reads a line of at most maxLine bytes and skips the rest of a longer one.
func readLine(in *bufio.Reader) (line outputLine, err error) {
	for {
		part, err := in.ReadSlice('\n')
		if room := maxLine - len(line.text); len(part) > room {
			line.long, part = true, part[:room]
		}
		line.text = append(line.text, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// rest yields the last lines of a program that has ended. Another program that it started may keep
// the pipe open, so the waiting is limited.
func (p *process) rest(ctx context.Context) iter.Seq[outputLine] {
	return func(yield func(outputLine) bool) {
		timer := time.NewTimer(drain)
		defer timer.Stop()
		for p.lines != nil {
			select {
			case line, ok := <-p.lines:
				if !ok || !yield(line) {
					return
				}
			case <-timer.C:
				return
			case <-ctx.Done():
				return
			}
		}
	}
}

// why describes the end of the program, with the end of its standard error.
func (p *process) why() string {
	said := p.stderr.last()
	if said != "" {
		said = "; it wrote: " + said
	}
	if p.err == nil {
		return "exit status 0" + said
	}
	return p.err.Error() + said
}

// finish closes the program's input and waits for its end. It returns what is wrong with the end.
func (p *process) finish() (wrong string) {
	defer p.kill()
	p.closeInput()
	timer := time.NewTimer(grace)
	defer timer.Stop()
	for {
		select {
		case _, open := <-p.lines: // a last line must not keep it from ending
			if !open {
				p.lines = nil
			}
		case <-p.ended:
			if p.err != nil {
				return "ended with " + p.why()
			}
			return ""
		case <-timer.C:
			return fmt.Sprintf("did not end within %v of the end of its input, and is killed", grace)
		}
	}
}

func (p *process) closeInput() { p.closing.Do(func() { close(p.requests) }) }

// kill ends the program and what it started, and waits until nothing of it runs here.
func (p *process) kill() {
	killGroup(p.run)
	p.closeInput()
	p.stop()
	p.threads.Wait()
}

// tail passes on a limited amount of what is written, and keeps the end of it.
type tail struct {
	to    io.Writer
	lock  sync.Mutex
	count int
	kept  []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.lock.Lock()
	defer t.lock.Unlock()
	t.kept = append(t.kept, b...)
	if extra := len(t.kept) - keptError; extra > 0 {
		t.kept = append(t.kept[:0], t.kept[extra:]...)
	}
	if room := maxStderr - t.count; t.to != nil && room > 0 {
		t.to.Write(b[:min(room, len(b))])
		if len(b) > room {
			fmt.Fprintf(t.to, "\n(the command wrote more than %d bytes on its standard error; the rest is left out)\n", maxStderr)
		}
	}
	t.count += len(b)
	return len(b), nil
}

// last returns the end of what was written.
func (t *tail) last() string {
	t.lock.Lock()
	defer t.lock.Unlock()
	return strings.TrimSpace(strings.ToValidUTF8(string(t.kept), "?"))
}
