package gs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"gocloud.dev/blob/driver"
)

// resource is an object's metadata
// (https://cloud.google.com/storage/docs/json_api/v1/objects#resource).
type resource struct {
	Name         string            `json:"name"`
	Size         int64             `json:"size,string"`
	ContentType  string            `json:"contentType"`
	CacheControl string            `json:"cacheControl"`
	Disposition  string            `json:"contentDisposition"`
	Encoding     string            `json:"contentEncoding"`
	Language     string            `json:"contentLanguage"`
	Metadata     map[string]string `json:"metadata"`
	MD5          string            `json:"md5Hash"` // base64
	ETag         string            `json:"etag"`
	Created      time.Time         `json:"timeCreated"`
	Updated      time.Time         `json:"updated"`
}

func (r *resource) md5() []byte {
	sum, err := base64.StdEncoding.DecodeString(r.MD5)
	if err != nil || len(sum) == 0 {
		return nil
	}
	return sum
}

// Attributes implements [driver.Bucket].
func (b *bucket) Attributes(ctx context.Context, key string) (*driver.Attributes, error) {
	var r resource
	if err := b.metadata(ctx, b.object(key), &r); err != nil {
		return nil, err
	}
	return &driver.Attributes{
		CacheControl: r.CacheControl, ContentDisposition: r.Disposition, ContentEncoding: r.Encoding,
		ContentLanguage: r.Language, ContentType: r.ContentType, Metadata: r.Metadata,
		CreateTime: r.Created, ModTime: r.Updated, Size: r.Size, MD5: r.md5(), ETag: r.ETag,
	}, nil
}

// ListPaged implements [driver.Bucket].
func (b *bucket) ListPaged(ctx context.Context, o *driver.ListOptions) (*driver.ListPage, error) {
	if o.BeforeList != nil {
		if err := o.BeforeList(func(any) bool { return false }); err != nil {
			return nil, err
		}
	}
	query := url.Values{"prefix": {o.Prefix}, "fields": {"nextPageToken,prefixes,items(name,size,md5Hash,updated)"}}
	if o.Delimiter != "" {
		query.Set("delimiter", o.Delimiter)
	}
	if o.PageSize > 0 {
		query.Set("maxResults", strconv.Itoa(o.PageSize))
	}
	if len(o.PageToken) > 0 {
		query.Set("pageToken", string(o.PageToken))
	}
	var listed struct {
		NextPageToken string     `json:"nextPageToken"`
		Prefixes      []string   `json:"prefixes"`
		Items         []resource `json:"items"`
	}
	if err := b.metadata(ctx, b.objects()+"?"+query.Encode(), &listed); err != nil {
		return nil, err
	}
	page := &driver.ListPage{NextPageToken: []byte(listed.NextPageToken)}
	for _, r := range listed.Items {
		page.Objects = append(page.Objects, &driver.ListObject{Key: r.Name, ModTime: r.Updated, Size: r.Size, MD5: r.md5()})
	}
	for _, prefix := range listed.Prefixes {
		page.Objects = append(page.Objects, &driver.ListObject{Key: prefix, IsDir: true})
	}
	slices.SortFunc(page.Objects, func(a, b *driver.ListObject) int { return strings.Compare(a.Key, b.Key) })
	return page, nil
}

// Delete implements [driver.Bucket].
func (b *bucket) Delete(ctx context.Context, key string) error {
	response, err := b.send(ctx, http.MethodDelete, b.object(key), nil, nil)
	if err != nil {
		return err
	}
	return response.Body.Close()
}

// metadata reads the JSON at an address.
func (b *bucket) metadata(ctx context.Context, address string, into any) error {
	response, err := b.send(ctx, http.MethodGet, address, nil, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := json.NewDecoder(io.LimitReader(response.Body, maxResponse)).Decode(into); err != nil {
		return fmt.Errorf("gs: the answer from %s is not the JSON that was expected: %w", response.Request.URL.Redacted(), err)
	}
	return nil
}

// send sends a request and returns the response, whose body the caller closes. A status other than
// 200 to 299 is an error.
func (b *bucket) send(ctx context.Context, method, address string, header http.Header, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("gs: %w", err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := b.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("gs: %w", err)
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return nil, failure(response)
	}
	return response, nil
}
