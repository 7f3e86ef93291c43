package warc_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pali3/pali3/ingest/internal/warc"
)

func ExampleReader() {
	archive := "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: http://example.org/\r\nContent-Type: application/http\r\n" +
		"Content-Length: 24\r\n\r\nHTTP/1.1 200 OK\r\n\r\nhello\r\n\r\n"
	reader, err := warc.NewReader(strings.NewReader(archive))
	for err == nil {
		var record *warc.Record
		if record, err = reader.Next(); err != nil {
			break
		}
		response, err := warc.ParseResponse(record)
		if err != nil {
			break
		}
		body, _ := io.ReadAll(response.Body)
		fmt.Printf("%s %d %s\n", record.URI, response.Status, body)
	}
	fmt.Println(errors.Is(err, io.EOF))
	// Output:
	// http://example.org/ 200 hello
	// true
}
