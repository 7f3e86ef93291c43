// Package all makes every object store known to gocloud.dev/blob's OpenBucket: s3, gs, azblob and file.
package all

import (
	_ "gocloud.dev/blob/azureblob"
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/gcsblob"
	_ "gocloud.dev/blob/s3blob"
)
