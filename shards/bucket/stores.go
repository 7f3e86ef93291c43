package bucket

import (
	"context"
	"net/url"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // each registers its scheme with package blob
	_ "gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob"

	"github.com/pali3/pali3/shards"
	"github.com/pali3/pali3/shards/bucket/internal/gs"
)

// Stores opens the URLs of S3 (s3), Google Cloud Storage (gs), Azure Blob Storage (azblob) and
// folders (file).
func Stores() shards.Stores {
	return shards.Stores{"s3": OpenURL, gs.Scheme: OpenURL, "azblob": OpenURL, "file": OpenURL}
}

// OpenURL opens the prefix of a bucket that a URL names. It is a [shards.Opener] for every scheme
// whose driver of gocloud.dev/blob the program imports; for gs it has its own driver.
func OpenURL(ctx context.Context, address string) (shards.WritableStore, error) {
	bucket, prefix, err := split(address)
	if err != nil {
		return nil, err
	}
	b, err := openBucket(ctx, bucket)
	if err != nil {
		return nil, err
	}
	return owned{&store{bucket: b, prefix: prefix}}, nil
}

func openBucket(ctx context.Context, address string) (*blob.Bucket, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	if u.Scheme == gs.Scheme {
		return gs.OpenURL(ctx, u)
	}
	return blob.OpenBucket(ctx, address)
}
