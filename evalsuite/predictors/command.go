package predictors

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/shards"
)

// Defaults of a [Command].
const (
	DefaultTimeout  = 2 * time.Minute
	DefaultStart    = 10 * time.Minute
	DefaultRestarts = 5
)

// Command is a predictor that runs a program. The program reads one request a line on its standard
// input and writes one reply a line on its standard output, in any order:
//
//	{"id":"17","prompt":"answer en What is it?\n","image":"/tmp/.../c57c.png","images":["/tmp/.../c57c.png"],"max_tokens":16,"temperature":0,"seed":0}
//	{"id":"17","answer":"a cat"}
//
// With [Command.Base64] a request has "image_base64" and "images_base64" instead of the paths,
// which are valid until the reply. A query without an image has an empty list. A reply may hold
// "error" instead of an answer, "refusal" (true, or the model's words), "score" (the log
// probability in nats), "finish" and "usage" (prompt_tokens, completion_tokens). Its input ends
// when there are no more requests; the program then ends too.
//
// Each call of a method starts the program once, so a Command is safe for concurrent use.
type Command struct {
	// Args are the program and its arguments. No shell reads them.
	Args []string
	// Dir is the program's working folder; by default that of this process.
	Dir string
	// Env are variables, as NAME=VALUE, that are added to those of this process.
	Env []string
	// Base64 sends images in the requests instead of their paths.
	Base64 bool
	// InFlight is the most requests that wait for their reply; default 1.
	InFlight int
	// Timeout is how long an answer may take; default [DefaultTimeout]. With several requests in
	// flight a request has this time for each that was before it. A program that exceeds it is
	// killed and started again, and the query is not asked again.
	Timeout time.Duration
	// Start is how much longer the first reply of a program may take, which loads its model;
	// default [DefaultStart].
	Start time.Duration
	// Restarts is how often in a row the program may end or hang without a reply before the whole
	// call fails; default [DefaultRestarts]. A query during which it ends twice has an error.
	Restarts int
	// MaxTokens, Temperature and Seed are sent with each request.
	MaxTokens   int
	Temperature float64
	Seed        uint64
	// Stderr takes what the program writes on its standard error, up to 1 MiB; nil drops it.
	Stderr io.Writer
	// Warn, which may be nil, is called with what the program does wrong.
	Warn func(message string)
}

// ParseCommand splits a command line into words. Quotes and backslashes protect white space, as in
// a shell, but nothing is replaced or expanded.
func ParseCommand(line string) (*Command, error) {
	words, err := splitWords(line)
	if err == nil && len(words) == 0 {
		err = errors.New("it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("the command %q: %w; for example: python3 my.py", line, err)
	}
	return &Command{Args: words}, nil
}

// Identity returns what the answers depend on, for [evalsuite.BenchmarkOptions]: the arguments, and
// the hashes of those that are files, so that an edited script counts as another model.
func (c *Command) Identity() (map[string]string, error) {
	id := map[string]string{"kind": "command", "command": strings.Join(c.Args, " "), "images": "path"}
	if c.Base64 {
		id["images"] = "base64"
	}
	for i, word := range c.Args {
		path := word
		if !filepath.IsAbs(path) {
			path = filepath.Join(c.Dir, path)
		}
		if i == 0 && !strings.ContainsRune(word, filepath.Separator) {
			continue // found on PATH
		}
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Size() > maxHashed {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("hashing %s, an argument of the command: %w", path, err)
		}
		id["sha256 of "+word] = shards.Hash(content)
	}
	return id, nil
}

// maxHashed is the largest file that counts as a part of the command, in bytes.
const maxHashed = 64 << 20

// Predict answers queries; the first failure is an error.
func (c *Command) Predict(ctx context.Context, queries []evalsuite.Query, progress func(done, total int)) ([]string, error) {
	return predict(ctx, c, queries, progress)
}

// PredictEach answers queries as [evalsuite.EachPredictor] says.
func (c *Command) PredictEach(ctx context.Context, queries iter.Seq[evalsuite.Query], reply func(n int, r evalsuite.Reply) error) error {
	next, stop := iter.Pull(queries)
	defer stop()
	r := &commandRun{Command: c.withDefaults(), next: next, reply: reply, inFlight: map[string]*request{}, rubbish: rubbish{warn: c.Warn}}
	if !c.Base64 {
		var err error
		if r.images, err = newImageFolder(); err != nil {
			return fmt.Errorf("a folder for the images of the command: %w", err)
		}
		defer r.images.remove()
	}
	defer r.end()
	return r.run(ctx)
}

func (c *Command) withDefaults() Command {
	d := *c
	if d.InFlight < 1 {
		d.InFlight = 1
	}
	if d.Timeout == 0 {
		d.Timeout = DefaultTimeout
	}
	if d.Start == 0 {
		d.Start = DefaultStart
	}
	if d.Restarts == 0 {
		d.Restarts = DefaultRestarts
	}
	if d.Warn == nil {
		d.Warn = func(string) {}
	}
	return d
}

// request is a query that a program is asked.
type request struct {
	n        int // number of the query
	query    evalsuite.Query
	id       string // on the wire
	attempts int
	ends     int // how often the program ended while it worked on it
	deadline time.Time
}

// commandRun is one call of PredictEach.
type commandRun struct {
	Command
	next     func() (evalsuite.Query, bool)
	reply    func(n int, r evalsuite.Reply) error
	images   *imageFolder // nil for base64
	process  *process     // nil if none runs
	inFlight map[string]*request
	again    []*request // in flight when a program was killed for another request
	suspects []*request // in flight when a program ended: asked again one at a time
	asked    int
	silent   int // programs in a row that ended without a reply
	rubbish  rubbish
}

// run asks all queries.
func (r *commandRun) run(ctx context.Context) error {
	for {
		if err := r.send(); err != nil {
			return err
		}
		if len(r.inFlight) == 0 {
			return r.finish()
		}
		if err := r.wait(ctx); err != nil {
			return err
		}
	}
}

// send sends requests until enough are in flight.
func (r *commandRun) send() error {
	for len(r.inFlight) < r.InFlight {
		one, alone := r.take()
		if one == nil {
			return nil
		}
		if r.process == nil {
			var err error
			if r.process, err = start(&r.Command); err != nil {
				return err
			}
		}
		one.attempts++
		line, err := r.encode(one)
		if err != nil { // of this query alone
			if err := r.reply(one.n, evalsuite.Reply{Err: err, Attempts: one.attempts}); err != nil {
				return err
			}
			continue
		}
		one.deadline = time.Now().Add(r.Timeout * time.Duration(len(r.inFlight)+1))
		if !r.process.replied {
			one.deadline = one.deadline.Add(r.Start)
		}
		r.inFlight[one.id] = one
		r.process.write(line)
		if alone {
			return nil
		}
	}
	return nil
}

// take returns the next request, or nil. A request that may have ended the program is asked alone.
func (r *commandRun) take() (one *request, alone bool) {
	if len(r.suspects) > 0 {
		if len(r.inFlight) > 0 {
			return nil, true
		}
		one, r.suspects = r.suspects[0], r.suspects[1:]
		return one, true
	}
	for _, one := range r.inFlight {
		if one.ends > 0 {
			return nil, true
		}
	}
	if len(r.again) > 0 {
		one, r.again = r.again[0], r.again[1:]
		return one, false
	}
	query, ok := r.next()
	if !ok {
		return nil, false
	}
	one = &request{n: r.asked, query: query, id: query.ID}
	r.asked++
	for again := one.n; one.id == "" || r.inFlight[one.id] != nil; again++ {
		one.id = query.ID + "#" + strconv.Itoa(again)
	}
	return one, false
}

// wait waits for a reply, for the end of the program or for the first deadline.
func (r *commandRun) wait(ctx context.Context) error {
	first := r.firstDeadline()
	timer := time.NewTimer(time.Until(first.deadline))
	defer timer.Stop()
	select {
	case line, open := <-r.process.lines:
		if !open { // it will write nothing more, but still runs
			r.process.lines = nil
			return nil
		}
		return r.read(line)
	case <-r.process.ended:
		return r.afterEnd(ctx)
	case <-timer.C:
		return r.timeOut(first)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (r *commandRun) firstDeadline() (first *request) {
	for _, one := range r.inFlight {
		if first == nil || one.deadline.Before(first.deadline) {
			first = one
		}
	}
	return first
}

// read reads a line of the program.
func (r *commandRun) read(line outputLine) error {
	answer, err := parseReply(line)
	if err != nil {
		return r.rubbish.add(line.text, err)
	}
	one := r.inFlight[answer.id]
	if one == nil {
		return r.rubbish.add(line.text, fmt.Errorf("no request with the id %s waits for a reply", shorten(answer.id, 100)))
	}
	r.silent, r.process.replied = 0, true
	return r.done(one, answer.Reply)
}

// done replies to a request.
func (r *commandRun) done(one *request, reply evalsuite.Reply) error {
	delete(r.inFlight, one.id)
	r.images.release(one.query.Images)
	reply.Attempts = one.attempts
	return r.reply(one.n, reply)
}

// afterEnd handles the end of the program: it reads its last lines and asks again what is left.
func (r *commandRun) afterEnd(ctx context.Context) error {
	for line := range r.process.rest(ctx) {
		if err := r.read(line); err != nil {
			return err
		}
	}
	ended := r.process
	r.process = nil
	defer ended.kill()
	if len(r.inFlight) == 0 {
		return nil
	}
	why := ended.why()
	for _, one := range r.waiting() {
		delete(r.inFlight, one.id)
		if one.ends++; one.ends < 2 {
			r.suspects = append(r.suspects, one)
			continue
		}
		err := fmt.Errorf("the command ended twice while it answered this: %s", why)
		if err := r.done(one, evalsuite.Reply{Err: err}); err != nil {
			return err
		}
	}
	r.Warn(fmt.Sprintf("the command ended before it had answered, and is started again: %s", why))
	return r.countSilent(why)
}

// waiting returns the requests in flight in their order.
func (r *commandRun) waiting() (all []*request) {
	for _, one := range r.inFlight {
		all = append(all, one)
	}
	sortRequests(all)
	return all
}

// countSilent counts programs that ended without a reply.
func (r *commandRun) countSilent(why string) error {
	if r.silent++; r.silent > r.Restarts {
		return fmt.Errorf("the command %s ended or hung %d times in a row without a reply: %s", strings.Join(r.Args, " "), r.silent, why)
	}
	return nil
}

// timeOut gives up a request and kills the program.
func (r *commandRun) timeOut(late *request) error {
	why := fmt.Sprintf("the command did not reply within %v%s", r.Timeout, r.rubbish.last())
	if !r.process.replied {
		why = fmt.Sprintf("the command did not reply within %v of its start%s", r.Timeout+r.Start, r.rubbish.last())
	}
	r.process.kill()
	r.process = nil
	if err := r.done(late, evalsuite.Reply{Err: fmt.Errorf("%w: %s", evalsuite.ErrTimeout, why)}); err != nil {
		return err
	}
	for _, one := range r.waiting() {
		delete(r.inFlight, one.id)
		if one.ends > 0 {
			r.suspects = append(r.suspects, one)
		} else {
			r.again = append(r.again, one)
		}
	}
	r.Warn(why + "; it is killed and started again")
	return r.countSilent(why)
}

// finish lets the program end after its last reply.
func (r *commandRun) finish() error {
	r.rubbish.close()
	if r.process == nil {
		return nil
	}
	if why := r.process.finish(); why != "" {
		r.Warn("after its last answer, the command " + why)
	}
	r.process = nil
	return nil
}

// end kills a program that still runs.
func (r *commandRun) end() {
	if r.process != nil {
		r.process.kill()
	}
}

// start starts the program.
func start(c *Command) (*process, error) {
	if len(c.Args) == 0 {
		return nil, errors.New("a Command without Args: nothing to start")
	}
	run := exec.Command(c.Args[0], c.Args[1:]...)
	run.Dir = c.Dir
	run.Env = append(os.Environ(), c.Env...)
	p, err := startProcess(run, c.InFlight, c.Stderr)
	if err != nil {
		return nil, fmt.Errorf("starting the command %s: %w", strings.Join(c.Args, " "), err)
	}
	return p, nil
}
