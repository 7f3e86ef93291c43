package gs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/blob/driver"
)

// reader reads a range of an object.
type reader struct {
	io.Reader
	io.Closer
	attributes driver.ReaderAttributes
}

// Attributes implements [driver.Reader].
func (r *reader) Attributes() *driver.ReaderAttributes { return &r.attributes }

// As implements [driver.Reader].
func (r *reader) As(any) bool { return false }

// NewRangeReader implements [driver.Bucket]. Bytes are those stored: an object with a content
// encoding is not decompressed.
func (b *bucket) NewRangeReader(ctx context.Context, key string, offset, length int64, o *driver.ReaderOptions) (driver.Reader, error) {
	if o.BeforeRead != nil {
		if err := o.BeforeRead(func(any) bool { return false }); err != nil {
			return nil, err
		}
	}
	if length == 0 {
		return b.emptyReader(ctx, key)
	}
	header := http.Header{"Accept-Encoding": {"gzip"}} // set by us, so that net/http leaves the body as it is
	if offset > 0 || length > 0 {
		header.Set("Range", byteRange(offset, length))
	}
	response, err := b.send(ctx, http.MethodGet, b.object(key)+"?alt=media", header, nil)
	if err != nil {
		return nil, err
	}
	if offset > 0 && response.StatusCode != http.StatusPartialContent {
		response.Body.Close()
		return nil, fmt.Errorf("gs: asked for bytes from %d on, the server sent the whole object", offset)
	}
	updated, _ := time.Parse(http.TimeFormat, response.Header.Get("Last-Modified"))
	content := io.Reader(response.Body)
	if length > 0 {
		content = io.LimitReader(content, length) // a server may ignore the range from 0
	}
	return &reader{content, response.Body, driver.ReaderAttributes{
		ContentType: response.Header.Get("Content-Type"), ModTime: updated, Size: totalSize(response),
	}}, nil
}

func (b *bucket) emptyReader(ctx context.Context, key string) (driver.Reader, error) {
	a, err := b.Attributes(ctx, key)
	if err != nil {
		return nil, err
	}
	return &reader{http.NoBody, http.NoBody, driver.ReaderAttributes{ContentType: a.ContentType, ModTime: a.ModTime, Size: a.Size}}, nil
}

// byteRange returns a Range header; a negative length reads to the end.
func byteRange(offset, length int64) string {
	if length < 0 {
		return fmt.Sprintf("bytes=%d-", offset)
	}
	return fmt.Sprintf("bytes=%d-%d", offset, offset+length-1)
}

// totalSize returns the size of the object that a response has a range of.
func totalSize(response *http.Response) int64 {
	if _, total, ranged := strings.Cut(response.Header.Get("Content-Range"), "/"); ranged {
		if n, err := strconv.ParseInt(total, 10, 64); err == nil {
			return n
		}
	}
	return response.ContentLength
}
