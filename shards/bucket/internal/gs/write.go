package gs

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/blob/driver"
)

const (
	pieceUnit    = 256 << 10 // pieces of a resumable upload are multiples of it, but for the last
	defaultPiece = 16 << 20
	firstWait    = 100 * time.Millisecond // before a piece is sent again, doubled each time
)

// writer uploads an object: in one request if it fits a piece, else piece by piece in a resumable
// upload, of which the server makes an object with the last piece
// (https://cloud.google.com/storage/docs/performing-resumable-uploads).
type writer struct {
	ctx      context.Context
	bucket   *bucket
	resource []byte     // the object's metadata, as JSON
	query    url.Values // of the upload's address
	session  string     // the address of the resumable upload, once it has begun
	piece    []byte     // what is not sent yet; its capacity is that of a piece
	sent     int64
	err      error
}

// NewTypedWriter implements [driver.Bucket].
func (b *bucket) NewTypedWriter(ctx context.Context, key, contentType string, o *driver.WriterOptions) (driver.Writer, error) {
	if o.BeforeWrite != nil {
		if err := o.BeforeWrite(func(any) bool { return false }); err != nil {
			return nil, err
		}
	}
	resource, err := json.Marshal(struct {
		Name         string            `json:"name"`
		ContentType  string            `json:"contentType,omitempty"`
		CacheControl string            `json:"cacheControl,omitempty"`
		Disposition  string            `json:"contentDisposition,omitempty"`
		Encoding     string            `json:"contentEncoding,omitempty"`
		Language     string            `json:"contentLanguage,omitempty"`
		MD5          string            `json:"md5Hash,omitempty"`
		Metadata     map[string]string `json:"metadata,omitempty"`
	}{key, contentType, o.CacheControl, o.ContentDisposition, o.ContentEncoding, o.ContentLanguage, base64.StdEncoding.EncodeToString(o.ContentMD5), o.Metadata})
	if err != nil {
		return nil, fmt.Errorf("gs: %w", err)
	}
	query := url.Values{"name": {key}}
	if o.IfNotExist {
		query.Set("ifGenerationMatch", "0")
	}
	size := o.BufferSize
	if size <= 0 {
		size = defaultPiece
	}
	size = (size + pieceUnit - 1) / pieceUnit * pieceUnit
	return &writer{ctx: ctx, bucket: b, resource: resource, query: query, piece: make([]byte, 0, size)}, nil
}

// Write implements [io.Writer].
func (w *writer) Write(content []byte) (n int, err error) {
	for w.err == nil && len(content) > 0 {
		if len(w.piece) == cap(w.piece) { // and more follows: it is not the last piece
			if w.err = w.sendPiece(false); w.err != nil {
				break
			}
		}
		room := min(cap(w.piece)-len(w.piece), len(content))
		w.piece = append(w.piece, content[:room]...)
		content, n = content[room:], n+room
	}
	return n, w.err
}

// Close sends what is left. The object is there when it returns nil, and not otherwise.
func (w *writer) Close() error {
	switch {
	case w.ctx.Err() != nil:
		w.err = w.ctx.Err()
	case w.err != nil:
	case w.session == "":
		w.err = w.sendWhole()
	default:
		w.err = w.sendPiece(true)
	}
	if w.err != nil && w.session != "" {
		w.abandon()
	}
	return w.err
}

func (w *writer) address(kind string) string {
	w.query.Set("uploadType", kind)
	return w.bucket.base + "/upload/storage/v1/b/" + url.PathEscape(w.bucket.name) + "/o?" + w.query.Encode()
}

// sendWhole uploads the object in one request.
func (w *writer) sendWhole() error {
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for _, part := range []struct {
		kind    string
		content []byte
	}{{"application/json; charset=UTF-8", w.resource}, {"application/octet-stream", w.piece}} {
		to, err := parts.CreatePart(textproto.MIMEHeader{"Content-Type": {part.kind}})
		if err == nil {
			_, err = to.Write(part.content)
		}
		if err != nil {
			return fmt.Errorf("gs: %w", err)
		}
	}
	if err := parts.Close(); err != nil {
		return fmt.Errorf("gs: %w", err)
	}
	response, err := w.bucket.send(w.ctx, http.MethodPost, w.address("multipart"),
		http.Header{"Content-Type": {"multipart/related; boundary=" + parts.Boundary()}}, &body)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// begin begins a resumable upload.
func (w *writer) begin() error {
	response, err := w.bucket.send(w.ctx, http.MethodPost, w.address("resumable"),
		http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, bytes.NewReader(w.resource))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if w.session = response.Header.Get("Location"); w.session == "" {
		return errors.New("gs: the server began an upload without telling its address")
	}
	return nil
}

// sendPiece sends the buffered piece, where the server took a part of it the rest, until it is
// there.
func (w *writer) sendPiece(last bool) error {
	if w.session == "" {
		if err := w.begin(); err != nil {
			return err
		}
	}
	end := w.sent + int64(len(w.piece))
	total := "*"
	if last {
		total = strconv.FormatInt(end, 10)
	}
	wait := firstWait
	for failed := 0; ; {
		left := w.piece[len(w.piece)-int(end-w.sent):]
		span := fmt.Sprintf("bytes %d-%d/%s", w.sent, end-1, total)
		if len(left) == 0 {
			span = fmt.Sprintf("bytes */%s", total)
		}
		done, there, err := w.put(span, left)
		if err != nil {
			if failed++; failed == uploadAttempts || !temporary(err) {
				return err
			}
			if err := w.sleep(wait); err != nil {
				return err
			}
			wait *= 2
			if done, there, err = w.put("bytes */"+total, nil); err != nil { // how far it came
				continue
			}
		}
		if done || !last && there == end {
			w.sent, w.piece = end, w.piece[:0]
			return nil
		}
		if there < w.sent || there > end {
			return fmt.Errorf("gs: the server has %d bytes of an upload, it was sent %d to %d", there, w.sent, end)
		}
		if there == w.sent {
			if failed++; failed == uploadAttempts {
				return fmt.Errorf("gs: the server does not take bytes from %d on", there)
			}
		}
		w.sent = there
	}
}

// put sends a range of the object to the upload, or asks with an empty one how far it came. It
// returns whether the object is complete, and how many bytes the server has otherwise.
func (w *writer) put(span string, content []byte) (done bool, there int64, err error) {
	request, err := http.NewRequestWithContext(w.ctx, http.MethodPut, w.session, bytes.NewReader(content))
	if err != nil {
		return false, 0, fmt.Errorf("gs: %w", err)
	}
	request.Header.Set("Content-Range", span)
	response, err := w.bucket.client.Do(request)
	if err != nil {
		return false, 0, fmt.Errorf("gs: %w", err)
	}
	switch response.StatusCode {
	case http.StatusOK, http.StatusCreated:
		return true, 0, response.Body.Close()
	case http.StatusPermanentRedirect: // "resume incomplete"
		io.Copy(io.Discard, io.LimitReader(response.Body, maxResponse))
		response.Body.Close()
		_, to, ranged := strings.Cut(response.Header.Get("Range"), "-")
		if !ranged {
			return false, 0, nil
		}
		at, err := strconv.ParseInt(to, 10, 64)
		if err != nil {
			return false, 0, fmt.Errorf("gs: the server tells the range %q of an upload", response.Header.Get("Range"))
		}
		return false, at + 1, nil
	}
	return false, 0, failure(response)
}

func (w *writer) sleep(d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-w.ctx.Done():
		return w.ctx.Err()
	}
}

// abandon tells the server to forget an upload; it would forget it by itself in a week.
func (w *writer) abandon() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), 5*time.Second)
	defer cancel()
	if response, err := w.bucket.send(ctx, http.MethodDelete, w.session, nil, nil); err == nil {
		response.Body.Close()
	}
}
