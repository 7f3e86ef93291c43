package bucket

import (
	"context"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // each registers its scheme with package blob
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/pali3/pali3/shards"
)

// Stores opens the URLs of S3 (s3), Google Cloud Storage (gs), Azure Blob Storage (azblob) and
// folders (file). Built with the tag nogs it leaves out gs, which makes a program 17 MB smaller.
func Stores() shards.Stores {
	s := shards.Stores{"s3": OpenURL, "azblob": OpenURL, "file": OpenURL}
	for _, scheme := range googleSchemes {
		s[scheme] = OpenURL
	}
	return s
}

// OpenURL opens the prefix of a bucket that a URL names. It is a [shards.Opener] for every scheme
// whose driver of gocloud.dev/blob the program imports.
func OpenURL(ctx context.Context, address string) (shards.WritableStore, error) {
	bucket, prefix, err := split(address)
	if err != nil {
		return nil, err
	}
	b, err := blob.OpenBucket(ctx, bucket)
	if err != nil {
		return nil, err
	}
	return owned{&store{bucket: b, prefix: prefix}}, nil
}
