package bucket

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pali3/pali3/shards"
)

// azureServer is as much of Azure Blob Storage as a dataset needs: blobs in blocks, ranged reads,
// lists.
type azureServer struct {
	mu     sync.Mutex
	blobs  map[string]azureBlob // by /account/container/name
	blocks map[string][]byte    // by the blob's path and the block's id
	staged int
	ranged int
}

type azureBlob struct {
	content []byte
	header  http.Header // of metadata
}

func (s *azureServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name, query := r.URL.Path, r.URL.Query()
	switch {
	case r.Method == http.MethodPut:
		s.put(w, r, name)
	case query.Get("comp") == "list":
		s.list(w, name+"/", query.Get("prefix"))
	default:
		b, there := s.blobs[name]
		if !there {
			w.Header().Set("X-Ms-Error-Code", "BlobNotFound")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		for field, values := range b.header {
			w.Header()[field] = values
		}
		if asked := r.Header.Get("X-Ms-Range"); asked != "" {
			r.Header.Set("Range", asked)
			s.ranged++
		}
		w.Header().Set("ETag", `"`+shards.Hash(b.content)+`"`)
		w.Header().Set("X-Ms-Blob-Type", "BlockBlob")
		w.Header().Set("X-Ms-Creation-Time", time.Unix(1, 0).UTC().Format(http.TimeFormat))
		http.ServeContent(w, r, "", time.Unix(1, 0), bytes.NewReader(b.content))
	}
}

func (s *azureServer) put(w http.ResponseWriter, r *http.Request, name string) {
	content, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	header := http.Header{}
	for field, values := range r.Header {
		if strings.HasPrefix(field, "X-Ms-Meta-") {
			header[field] = values
		}
	}
	switch query := r.URL.Query(); query.Get("comp") {
	case "block":
		s.staged++
		s.blocks[name+" "+query.Get("blockid")] = content
	case "blocklist":
		var list struct {
			Latest []string `xml:"Latest"`
		}
		if err := xml.Unmarshal(content, &list); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var whole []byte
		for _, id := range list.Latest {
			whole = append(whole, s.blocks[name+" "+id]...)
		}
		s.blobs[name] = azureBlob{whole, header}
	default:
		s.blobs[name] = azureBlob{content, header}
	}
	w.WriteHeader(http.StatusCreated)
}

func (s *azureServer) list(w http.ResponseWriter, container, prefix string) {
	io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>`)
	for name, b := range s.blobs {
		if rest, is := strings.CutPrefix(name, container); is && strings.HasPrefix(rest, prefix) {
			fmt.Fprintf(w, "<Blob><Name>%s</Name><Properties><Last-Modified>%s</Last-Modified><Content-Length>%d</Content-Length></Properties></Blob>",
				rest, time.Unix(1, 0).UTC().Format(http.TimeFormat), len(b.content))
		}
	}
	io.WriteString(w, `</Blobs><NextMarker/></EnumerationResults>`)
}

func TestAzureBlobStorage(t *testing.T) {
	server := &azureServer{blobs: map[string]azureBlob{}, blocks: map[string][]byte{}}
	endpoint := httptest.NewServer(server)
	defer endpoint.Close()
	t.Setenv("AZURE_STORAGE_ACCOUNT", "test")
	t.Setenv("AZURE_STORAGE_KEY", "dGVzdA==")
	thereAndBack(t, "azblob://container/some/where?protocol=http&domain="+strings.TrimPrefix(endpoint.URL, "http://"))
	if server.staged == 0 || server.ranged == 0 {
		t.Errorf("%d blocks, %d ranged reads: each should be tried", server.staged, server.ranged)
	}
}
