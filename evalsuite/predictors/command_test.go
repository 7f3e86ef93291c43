package predictors_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/evalsuite/predictors"
	"github.com/pali3/pali3/shards"
)

// behaviour is an environment variable that makes the test binary a program that answers.
const behaviour = "PALI3_TEST_BEHAVIOUR"

func TestMain(m *testing.M) {
	if how := os.Getenv(behaviour); how != "" {
		answerLines(how)
		return
	}
	os.Exit(m.Run())
}

// asked is a request as a program sees it.
type asked struct {
	ID          string   `json:"id"`
	Prompt      string   `json:"prompt"`
	Image       string   `json:"image"`
	Images      []string `json:"images"`
	ImageBase64 []byte   `json:"image_base64"`
	MaxTokens   int      `json:"max_tokens"`
}

// answerLines answers requests with the prompt in upper case and the size of the image. Some
// prompts make it misbehave.
func answerLines(how string) {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 64<<20)
	var held []string
	say := func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	if how == "mute" {
		time.Sleep(time.Hour)
	}
	if how == "dead" {
		fmt.Fprintln(os.Stderr, "no such model")
		os.Exit(3)
	}
	for in.Scan() {
		var q asked
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			panic(err)
		}
		image := q.ImageBase64
		if q.Image != "" {
			var err error
			if image, err = os.ReadFile(q.Image); err != nil {
				panic(err)
			}
		}
		reply, _ := json.Marshal(map[string]any{"id": q.ID, "answer": fmt.Sprintf("%s %d", strings.ToUpper(q.Prompt), len(image))})
		switch {
		case how == "reverse":
			if held = append(held, string(reply)); len(held) == 4 {
				slices.Reverse(held)
				say("%s", strings.Join(held, "\n"))
				held = nil
			}
			continue
		case how == "once":
			say("%s", reply)
			return
		case q.Prompt == "die":
			fmt.Fprintln(os.Stderr, "out of memory")
			os.Exit(7)
		case q.Prompt == "hang":
			time.Sleep(time.Hour)
		case q.Prompt == "rubbish":
			say("loading...")
			say(`{"answer": "no id"}`)
			say(`{"id": "another", "answer": "x"}`)
			say(`{"id": [1]}`)
			say(`"%s"`, strings.Repeat("x", 3<<20))
		case q.Prompt == "number":
			say(`{"id": %q, "answer": 3}`, q.ID)
			continue
		case q.Prompt == "nothing":
			say(`{"id": %q}`, q.ID)
			continue
		case q.Prompt == "fail":
			say(`{"id": %q, "error": "bad image"}`, q.ID)
			continue
		case q.Prompt == "refuse":
			say(`{"id": %q, "refusal": "I cannot help with that"}`, q.ID)
			continue
		case q.Prompt == "count":
			say(`{"id": %q, "answer": "yes", "score": -0.5, "finish": "stop", "usage": {"prompt_tokens": 300, "completion_tokens": 2}}`, q.ID)
			continue
		}
		say("%s", reply)
	}
}

// program is a Command that runs the test binary.
func program(how string) *predictors.Command {
	return &predictors.Command{
		Args: []string{os.Args[0]}, Env: []string{behaviour + "=" + how}, Timeout: 3 * time.Second, Start: 30 * time.Second,
	}
}

// queries returns queries for prompts, each with an image of its own.
func queriesOf(prompts ...string) (all []evalsuite.Query) {
	for i, prompt := range prompts {
		image := shards.Image{Bytes: bytes.Repeat([]byte{byte(i)}, i+1), Format: "png"}
		all = append(all, evalsuite.Query{ID: fmt.Sprint("q", i), Prompt: prompt, Images: []shards.Image{image}})
	}
	return all
}

// each asks and returns the replies in order.
func each(t *testing.T, p evalsuite.EachPredictor, queries []evalsuite.Query) ([]evalsuite.Reply, error) {
	t.Helper()
	replies := make([]evalsuite.Reply, len(queries))
	seen := make([]bool, len(queries))
	err := p.PredictEach(t.Context(), slices.Values(queries), func(n int, r evalsuite.Reply) error {
		if seen[n] {
			t.Errorf("query %d has two replies", n)
		}
		replies[n], seen[n] = r, true
		return nil
	})
	if err == nil && slices.Contains(seen, false) {
		t.Errorf("no reply to some of the queries: %v", seen)
	}
	return replies, err
}

func TestCommand_AnswersInAnyOrder(t *testing.T) {
	for _, how := range []string{"echo", "reverse"} {
		for _, base64 := range []bool{false, true} {
			c := program(how)
			c.InFlight, c.Base64 = 4, base64
			answers, err := c.Predict(t.Context(), queriesOf("a", "b", "c", "d", "e", "f", "g", "h"), nil)
			if want := []string{"A 1", "B 2", "C 3", "D 4", "E 5", "F 6", "G 7", "H 8"}; err != nil || !slices.Equal(answers, want) {
				t.Errorf("%s, base64 %v: got %q, %v, want %q", how, base64, answers, err, want)
			}
		}
	}
}

// TestCommand_AsksWithoutImagesAndWithEqualIDs has queries that repeat ids, have none, or have no
// image.
func TestCommand_AsksWithoutImagesAndWithEqualIDs(t *testing.T) {
	c := program("echo")
	c.InFlight = 8
	queries := []evalsuite.Query{{ID: "a", Prompt: "1"}, {ID: "a", Prompt: "2"}, {Prompt: "3"}, {Prompt: "4"}, {ID: "a#1", Prompt: "5"}}
	answers, err := c.Predict(t.Context(), queries, nil)
	if want := []string{"1 0", "2 0", "3 0", "4 0", "5 0"}; err != nil || !slices.Equal(answers, want) {
		t.Errorf("got %q, %v, want %q", answers, err, want)
	}
}

func TestCommand_TellsWhyThereIsNoAnswer(t *testing.T) {
	for _, inFlight := range []int{1, 3} {
		c := program("echo")
		c.InFlight = inFlight
		replies, err := each(t, c, queriesOf("a", "number", "nothing", "fail", "refuse", "count", "b"))
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []string{"", `"answer" is 3, not a string`, `neither "answer" nor "error"`, "the command says: bad image", "refuses to answer: I cannot help"} {
			if got := fmt.Sprint(replies[n].Err); want != "" && !strings.Contains(got, want) || want == "" && replies[n].Err != nil {
				t.Errorf("reply %d: error %v, want %q", n, replies[n].Err, want)
			}
		}
		if r := replies[4]; !errors.Is(r.Err, evalsuite.ErrRefused) || r.Text != "I cannot help with that" {
			t.Errorf("got %+v, want a refusal with its text", r)
		}
		if r := replies[5]; r.Text != "yes" || r.LogProbability != -0.5 || r.Finish != "stop" || r.Usage != (evalsuite.Usage{Prompt: 300, Completion: 2}) {
			t.Errorf("got %+v", r)
		}
		if replies[6].Text != "B 7" {
			t.Errorf("got %q after the failures", replies[6].Text)
		}
	}
}

// TestCommand_IsStartedAgain has a program that ends or hangs on some queries. The others are
// answered, whatever was in flight.
func TestCommand_IsStartedAgain(t *testing.T) {
	for _, inFlight := range []int{1, 4} {
		c := program("echo")
		c.InFlight, c.Timeout = inFlight, 500*time.Millisecond
		var warned []string
		c.Warn = func(message string) { warned = append(warned, message) }
		replies, err := each(t, c, queriesOf("a", "die", "b", "c", "hang", "d", "die", "e", "f"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range replies {
			switch {
			case errors.Is(r.Err, evalsuite.ErrTimeout):
				got = append(got, "timeout")
			case r.Err != nil && strings.Contains(r.Err.Error(), "ended twice while it answered this: exit status 7; it wrote: out of memory"):
				got = append(got, "died")
			default:
				got = append(got, fmt.Sprint(r.Text, r.Err))
			}
		}
		want := []string{"A 1<nil>", "died", "B 3<nil>", "C 4<nil>", "timeout", "D 6<nil>", "died", "E 8<nil>", "F 9<nil>"}
		if !slices.Equal(got, want) {
			t.Errorf("%d in flight: got %q, want %q", inFlight, got, want)
		}
		if len(warned) < 5 {
			t.Errorf("%d in flight: warnings %q", inFlight, warned)
		}
	}
}

func TestCommand_LeavesOutRubbish(t *testing.T) {
	c := program("echo")
	var warned []string
	c.Warn = func(message string) { warned = append(warned, message) }
	answers, err := c.Predict(t.Context(), queriesOf("a", "rubbish", "b"), nil)
	if want := []string{"A 1", "RUBBISH 2", "B 3"}; err != nil || !slices.Equal(answers, want) {
		t.Errorf("got %q, %v, want %q", answers, err, want)
	}
	all := strings.Join(warned, "\n")
	for _, want := range []string{`"loading..."`, `no \"id\"`, "no request with the id another", "5 lines of the command are no replies"} {
		if !strings.Contains(all, want) && !strings.Contains(all, strings.ReplaceAll(want, `\`, "")) {
			t.Errorf("warnings lack %s:\n%s", want, all)
		}
	}
}

func TestCommand_EndsByItself(t *testing.T) {
	answers, err := program("once").Predict(t.Context(), queriesOf("a", "b", "c", "d", "e", "f", "g", "h"), nil)
	if err != nil || answers[7] != "H 8" {
		t.Errorf("a program that answers once: got %q, %v", answers, err)
	}
}

func TestCommand_GivesUp(t *testing.T) {
	for _, c := range []struct {
		how, want string
	}{
		{"dead", "3 times in a row without a reply: exit status 3; it wrote: no such model"},
		{"mute", "did not reply within 150ms of its start"},
	} {
		p := program(c.how)
		if p.Restarts = 2; c.how == "mute" {
			p.Timeout, p.Start = 100*time.Millisecond, 50*time.Millisecond
		}
		_, err := each(t, p, queriesOf("a", "b", "c", "d", "e", "f"))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.how, err, c.want)
		}
	}
	p := &predictors.Command{Args: []string{"no-such-program-anywhere"}}
	if _, err := each(t, p, queriesOf("a")); err == nil || !strings.Contains(err.Error(), "no-such-program-anywhere") {
		t.Errorf("an unknown program: %v", err)
	}
	if _, err := each(t, &predictors.Command{}, queriesOf("a")); err == nil {
		t.Error("no error without Args")
	}
}

func TestCommand_EndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	_, err := program("mute").Predict(ctx, queriesOf("a"), nil)
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 20*time.Second {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}

// TestCommand_IsSafeForConcurrentUse asks from several goroutines, each of which stops early or
// not.
func TestCommand_IsSafeForConcurrentUse(t *testing.T) {
	c := program("echo")
	c.InFlight = 2
	stop := errors.New("stop")
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			n := 0
			err := c.PredictEach(t.Context(), slices.Values(queriesOf("a", "b", "c", "d", "e")), func(int, evalsuite.Reply) error {
				if n++; g%2 == 0 && n == 3 {
					return stop
				}
				return nil
			})
			if g%2 == 0 && !errors.Is(err, stop) || g%2 == 1 && (err != nil || n != 5) {
				t.Errorf("goroutine %d: %d replies, %v", g, n, err)
			}
		})
	}
	wait.Wait()
}

func TestParseCommand(t *testing.T) {
	for line, want := range map[string][]string{
		"python my.py":                {"python", "my.py"},
		` a  'b c' "d \" e" f\ g '' `: {"a", "b c", `d " e`, "f g", ""},
		`C:\tools\run.exe "a\b" x\\y`: {`C:\tools\run.exe`, `a\b`, `x\y`},
		`sh -c 'cat "$0" | grep a' x`: {"sh", "-c", `cat "$0" | grep a`, "x"},
		"écho 'ü\nö'":                 {"écho", "ü\nö"},
		`a"b"'c'`:                     {"abc"},
	} {
		c, err := predictors.ParseCommand(line)
		if err != nil || !slices.Equal(c.Args, want) {
			t.Errorf("%s: got %q, %v, want %q", line, c.Args, err, want)
		}
	}
	for line, want := range map[string]string{"": "it is empty", " \t": "it is empty", `a "b`: "a quote is not closed"} {
		if _, err := predictors.ParseCommand(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", line, err, want)
		}
	}
}

// TestCommandIdentity_HashesItsFiles edits the script of a command.
func TestCommandIdentity_HashesItsFiles(t *testing.T) {
	dir := t.TempDir()
	write := func(content string) map[string]string {
		if err := os.WriteFile(filepath.Join(dir, "my.py"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		id, err := (&predictors.Command{Args: []string{"python3", "my.py", "--fast"}, Dir: dir}).Identity()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	a, b := write("print(1)"), write("print(2)")
	if a["command"] != "python3 my.py --fast" || a["sha256 of my.py"] == "" || a["sha256 of my.py"] == b["sha256 of my.py"] {
		t.Errorf("got %v and %v", a, b)
	}
}
