package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"reflect"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// process runs one command line as the process does: the first interrupt or termination cancels its
// context, a second one ends the process. It returns the exit status.
func (p Program) process(args []string) int {
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			signal.Stop(signals) // the next one ends the process
			end(signalled{s})
		}
	}()
	return p.Run(ctx, args, os.Stdin, os.Stdout, os.Stderr)
}

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal syscall.Signal }

func (s signalled) Error() string {
	if s.signal == syscall.SIGTERM {
		return "terminated"
	}
	return "interrupted"
}

// Is makes it an error of a context that was cancelled, as it is.
func (s signalled) Is(target error) bool { return target == context.Canceled }

// status is the exit status that a shell gives a process which a signal ended.
func (s signalled) status() int { return 128 + int(s.signal) }

// signalOf returns the signal that ended a context.
func signalOf(ctx context.Context) (s signalled, ok bool) {
	ok = errors.As(context.Cause(ctx), &s)
	return s, ok
}

// keeper is a command that keeps what it has done when it is interrupted, so that the same command
// line resumes it. It says what it keeps.
type keeper interface{ kept() string }

func (trainCommand) kept() string      { return "the steps taken are kept" }
func (quickstartCommand) kept() string { return "what is done is kept" }
func (runCommand) kept() string        { return "what is done is kept" }
func (ingestFlags) kept() string       { return "the records so far are kept" }
func (evalCommand) kept() string       { return "the predictions so far are kept" }
func (predictCommand) kept() string    { return "the predictions so far are kept" }
func (shardsCopy) kept() string        { return "the files copied are kept" }

// restarter is a command that leaves nothing behind when it is interrupted, after work that takes
// long.
type restarter interface{ restarts() }

func (curateCommand) restarts()   {}
func (startCommand) restarts()    {}
func (tokenizerTrain) restarts()  {}
func (shardsExport) restarts()    {}
func (shardsReshard) restarts()   {}
func (shardsMerge) restarts()     {}
func (shardsSort) restarts()      {}
func (shardsSplit) restarts()     {}
func (ingestBenchmark) restarts() {}

// explain is what is said of a command that a signal and then err ended.
func (con *console) explain(target any, s signalled, err error) string {
	if err != nil && strings.Contains(err.Error(), con.commandLine()) { // it says it all
		return err.Error()
	}
	said := s.Error()
	if k, ok := target.(keeper); ok {
		said += fmt.Sprintf("; %s, resume with: %s", k.kept(), con.commandLine())
	} else if _, ok := target.(restarter); ok {
		said += "; nothing was written, start it again with: " + con.commandLine()
	}
	if text := fmt.Sprint(err); err != nil && (strings.Contains(text, "\n") || !strings.HasSuffix(text, context.Canceled.Error())) && !errors.Is(err, s) {
		said += " (" + text + ")"
	}
	return said
}

const grace = 3 * time.Second // for a command to end by itself

// endWith ends the process when a signal has ended the context and the command does not end by
// itself: at once where it does not look at its context, after a while where it does, since it may
// wait for its input. Nothing committed is lost by that. A training is waited for: its checkpoint
// may take longer. The function that is returned calls it off.
func endWith(ctx context.Context, con *console, call *kong.Context, target any) (off func() bool) {
	return context.AfterFunc(ctx, func() {
		s, ok := signalOf(ctx)
		if !ok {
			return
		}
		if looksAtContext(call) {
			time.Sleep(grace)
		}
		switch target.(type) {
		case trainCommand, runCommand, quickstartCommand:
			con.log.Warn().Msg(s.Error() + ": what is under way is completed and kept; a second interrupt ends it at once")
			return
		}
		con.log.Error().Msg(con.explain(target, s, nil))
		os.Exit(s.status())
	})
}

// looksAtContext says whether the command's Run takes a context.
func looksAtContext(call *kong.Context) bool {
	method := call.Selected().Target.MethodByName("Run")
	if !method.IsValid() {
		return false
	}
	wanted := reflect.TypeFor[context.Context]()
	for i := range method.Type().NumIn() {
		if method.Type().In(i) == wanted {
			return true
		}
	}
	return false
}
