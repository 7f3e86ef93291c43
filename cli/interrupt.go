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

// process runs the command line of the process and returns the exit status. The first interrupt or
// termination signal cancels the context; a second one ends the process.
func (p Program) process(args []string) int {
	ctx, end := context.WithCancelCause(context.Background())
	defer end(nil)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			signal.Stop(signals) // restores the default: the next one ends the process
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

// Is reports that the error is context.Canceled.
func (s signalled) Is(target error) bool { return target == context.Canceled }

// status is the exit status that shells report for a process ended by the signal.
func (s signalled) status() int { return 128 + int(s.signal) }

// signalOf returns the signal that ended a context.
func signalOf(ctx context.Context) (s signalled, ok bool) {
	ok = errors.As(context.Cause(ctx), &s)
	return s, ok
}

// resumer is a command that keeps its work when it is interrupted, so that the same command line
// resumes it. keptWork says which work, for the message; "" if there is none.
type resumer interface{ keptWork() string }

func (trainCommand) keptWork() string      { return "the steps taken are kept" }
func (quickstartCommand) keptWork() string { return "finished work is kept" }
func (runCommand) keptWork() string        { return "finished work is kept" }
func (ingestFlags) keptWork() string       { return "the records so far are kept" }
func (evalCommand) keptWork() string       { return "the predictions so far are kept" }
func (predictCommand) keptWork() string    { return "the predictions so far are kept" }
func (shardsCopy) keptWork() string        { return "the files copied are kept" }

// keptBy returns what an interrupted command keeps, or "".
func keptBy(target any) string {
	if r, ok := target.(resumer); ok {
		return r.keptWork()
	}
	return ""
}

// restarter is a command that may run long and writes nothing when it is interrupted.
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

// explain returns the message for a command that failed with err after a signal.
func (con *console) explain(target any, s signalled, err error) string {
	if err != nil && strings.Contains(err.Error(), con.commandLine()) { // the error has the hint already
		return err.Error()
	}
	message := s.Error()
	if kept := keptBy(target); kept != "" {
		message += fmt.Sprintf("; %s, resume with: %s", kept, con.commandLine())
	} else if _, ok := target.(restarter); ok {
		message += "; nothing was written, start it again with: " + con.commandLine()
	} else {
		message += "; start it again with: " + con.commandLine()
	}
	if text := fmt.Sprint(err); err != nil && (strings.Contains(text, "\n") || !strings.HasSuffix(text, context.Canceled.Error())) && !errors.Is(err, s) {
		message += " (" + text + ")"
	}
	return message
}

const grace = 3 * time.Second // for a command to return by itself

// endWith ends the process when a signal has cancelled the context and the command does not return:
// at once if the command takes no context, otherwise after a grace period, since it may be blocked
// on its input. Committed work is not lost. Training is never cut off, because its checkpoint may
// take longer. The returned function cancels this.
func endWith(ctx context.Context, con *console, call *kong.Context, target any) (off func() bool) {
	return context.AfterFunc(ctx, func() {
		s, ok := signalOf(ctx)
		if !ok {
			return
		}
		if takesContext(call) {
			time.Sleep(grace)
		}
		switch target.(type) {
		case trainCommand, runCommand, quickstartCommand:
			con.log.Warn().Msg(s.Error() + ": finishing and keeping the work in progress; a second interrupt ends it at once")
			return
		}
		con.log.Error().Msg(con.explain(target, s, nil))
		os.Exit(s.status())
	})
}

// takesContext reports whether the command's Run takes a context.
func takesContext(call *kong.Context) bool {
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
