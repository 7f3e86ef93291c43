// Package all makes every object store known to packages shards and gocloud.dev/blob: s3, gs,
// azblob and file. It makes a program 32 MB larger, of which gs alone takes 17 MB: built with the
// tag nogs it is not there. A program that needs fewer still imports package bucket and the drivers
// it needs.
package all

import (
	_ "gocloud.dev/blob/azureblob"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

	_ "github.com/pali3/pali3/shards/bucket"
)
