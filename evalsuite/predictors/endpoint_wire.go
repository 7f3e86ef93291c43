package predictors

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pali3/pali3/augment"
	"github.com/pali3/pali3/evalsuite"
	"github.com/pali3/pali3/internal/jsonerr"
	"github.com/pali3/pali3/shards"
)

// body returns the JSON of a request: the images, then the prompt.
func (e *Endpoint) body(q *evalsuite.Query) ([]byte, error) {
	var content []any
	for i := range q.Images {
		uri, err := dataURI(&q.Images[i])
		if err != nil {
			return nil, fmt.Errorf("image %d: %w", i+1, err)
		}
		content = append(content, map[string]any{"type": "image_url", "image_url": map[string]any{"url": uri}})
	}
	content = append(content, map[string]any{"type": "text", "text": q.Prompt})
	body := map[string]any{
		"model": e.Model, "messages": []any{map[string]any{"role": "user", "content": content}},
		"temperature": e.Temperature, "max_tokens": e.MaxTokens, "seed": e.Seed,
	}
	maps.Copy(body, e.Extra)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil })
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(body)
	return out.Bytes(), err
}

// sentFormats are the formats of images that servers of chat completions read.
var sentFormats = []string{"jpeg", "png", "webp", "gif"}

// dataURI returns an image as a data URI: in its own bytes or, if servers do not read its format,
// as PNG.
func dataURI(from *shards.Image) (string, error) {
	format, content := from.Format, from.Bytes
	if format == "" {
		known, err := shards.NewImage(from.Bytes)
		if err != nil {
			return "", err
		}
		format = known.Format
	}
	if !slices.Contains(sentFormats, format) {
		var err error
		if content, err = asPNG(from.Bytes); err != nil {
			return "", err
		}
		format = "png"
	}
	return "data:image/" + format + ";base64," + base64.StdEncoding.EncodeToString(content), nil
}

// asPNG decodes an image and encodes it as PNG.
func asPNG(encoded []byte) ([]byte, error) {
	decoded, err := augment.Decode(encoded)
	if err != nil {
		return nil, err
	}
	pixels := image.NewNRGBA(image.Rect(0, 0, decoded.Width, decoded.Height))
	for i := range decoded.Width * decoded.Height {
		copy(pixels.Pix[4*i:], decoded.Pix[3*i:3*i+3])
		pixels.Pix[4*i+3] = 255
	}
	var out bytes.Buffer
	err = png.Encode(&out, pixels)
	return out.Bytes(), err
}

// completion is the response of a server.
type completion struct {
	Choices []struct {
		Message struct {
			Content json.RawMessage `json:"content"`
			Refusal *string         `json:"refusal"`
		} `json:"message"`
		Finish string `json:"finish_reason"`
	} `json:"choices"`
	Usage *evalsuite.Usage `json:"usage"`
	Error json.RawMessage  `json:"error"`
}

// readResponse reads the response of a server.
func readResponse(response *http.Response, content []byte) attempt {
	if response.StatusCode != http.StatusOK {
		return readFailure(response, content)
	}
	var in completion
	if err := jsonerr.Explain(json.Unmarshal(content, &in)); err != nil {
		return garbage(fmt.Errorf("the response is not understood: %w: %q", err, shorten(string(content), 200)))
	}
	one := attempt{}
	if in.Usage != nil {
		one.reply.Usage = evalsuite.Usage{Prompt: max(in.Usage.Prompt, 0), Completion: max(in.Usage.Completion, 0)}
	}
	switch {
	case given(in.Error):
		one.reply.Err, one.again = fmt.Errorf("the endpoint says: %s", serverError(content)), true
		return one
	case len(in.Choices) != 1:
		one.reply.Err, one.again = fmt.Errorf("the response has %d choices, want 1", len(in.Choices)), true
		return one
	}
	choice := &in.Choices[0]
	text, err := contentText(choice.Message.Content)
	if err != nil {
		one.reply.Err, one.again = err, true
		return one
	}
	one.reply.Text, one.reply.Finish, one.reply.LogProbability = text, choice.Finish, math.NaN()
	if refusal := choice.Message.Refusal; refusal != nil && *refusal != "" {
		one.reply.Text = *refusal
		one.reply.Err = fmt.Errorf("%w: %s", evalsuite.ErrRefused, shorten(*refusal, 1000))
	} else if choice.Finish == "content_filter" {
		one.reply.Err = fmt.Errorf("%w: the endpoint's content filter", evalsuite.ErrRefused)
	}
	return one
}

// garbage is a response that is not understood.
func garbage(err error) attempt { return attempt{reply: evalsuite.Reply{Err: err}, again: true} }

// contentText returns the text of a message's content: a string, or a list of parts of which those
// of type text count. Null is no text.
func contentText(content json.RawMessage) (text string, err error) {
	if !given(content) {
		return "", nil
	}
	if json.Unmarshal(content, &text) == nil {
		return text, nil
	}
	var parts []struct {
		Type string `json:"type"`
		Text string `json:"text"`
	}
	if err := json.Unmarshal(content, &parts); err != nil {
		return "", fmt.Errorf("the content of the message is neither a text nor a list of parts: %q", shorten(string(content), 200))
	}
	for _, part := range parts {
		if part.Type == "text" {
			text += part.Text
		}
	}
	return text, nil
}

// filtered are the codes of errors with which providers refuse a prompt or an image.
var filtered = []string{"content_filter", "content_policy_violation", "moderation_blocked"}

// readFailure reads a response with another status than 200.
func readFailure(response *http.Response, content []byte) attempt {
	said := serverError(content)
	status := response.StatusCode
	if status < 500 && slices.ContainsFunc(filtered, func(code string) bool { return bytes.Contains(content, []byte(`"`+code+`"`)) }) {
		return attempt{reply: evalsuite.Reply{Err: fmt.Errorf("%w: %s", evalsuite.ErrRefused, said)}}
	}
	one := attempt{reply: evalsuite.Reply{Err: fmt.Errorf("the endpoint answers with status %d: %s", status, said)}}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound:
		one.fatal = true
	case status == http.StatusRequestTimeout || status == http.StatusConflict || status == http.StatusTooManyRequests || status >= 500:
		one.again, one.wait = true, retryAfter(response.Header, time.Now())
	}
	return one
}

// serverError returns what a server says is wrong: {"error": {"message": ...}}, {"message": ...},
// {"detail": ...}, or the content itself.
func serverError(content []byte) string {
	var in struct {
		Error   json.RawMessage `json:"error"`
		Message json.RawMessage `json:"message"`
		Detail  json.RawMessage `json:"detail"`
	}
	said := string(content)
	if json.Unmarshal(content, &in) == nil {
		inner := in
		json.Unmarshal(in.Error, &inner)
		for _, value := range []json.RawMessage{inner.Message, in.Error, in.Message, in.Detail} {
			if given(value) {
				said = textOf(value)
				break
			}
		}
	}
	return cmp.Or(shorten(strings.TrimSpace(strings.ToValidUTF8(said, "?")), 500), "it says nothing else")
}

// retryAfter returns how long a server asks to wait: in milliseconds, in seconds, or until a date.
// 0 means that it does not ask.
func retryAfter(h http.Header, now time.Time) time.Duration {
	if ms, err := strconv.ParseFloat(h.Get("Retry-After-Ms"), 64); err == nil && ms > 0 {
		return seconds(ms / 1000)
	}
	value := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(value, 64); err == nil && s > 0 {
		return seconds(s)
	}
	if date, err := http.ParseTime(value); err == nil && date.After(now) {
		return date.Sub(now)
	}
	return 0
}

// seconds returns a duration, at most a day.
func seconds(s float64) time.Duration {
	return time.Duration(min(s, 24*3600) * float64(time.Second))
}
