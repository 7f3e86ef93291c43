package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"github.com/pali3/pali3/ingest/fetch"
)

// The client refuses a server on loopback unless its address range is allowed.
func ExampleClient_Get() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/robots.txt" {
			fmt.Fprint(w, "an image")
		}
	}))
	defer server.Close()

	_, err := fetch.New(fetch.Options{}).Get(context.Background(), server.URL+"/a.png", 0)
	var failure *fetch.Error
	fmt.Println(errors.As(err, &failure), failure.Reason)

	client := fetch.New(fetch.Options{AllowNets: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	defer client.Close()
	response, err := client.Get(context.Background(), server.URL+"/a.png", 0)
	fmt.Printf("%s, %v\n", response.Body, err)
	// Output:
	// true address
	// an image, <nil>
}
