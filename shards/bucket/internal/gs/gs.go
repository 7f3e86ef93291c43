// Package gs is a driver of gocloud.dev/blob for Google Cloud Storage that speaks its JSON
// interface (https://cloud.google.com/storage/docs/json_api) over plain HTTP.
//
// It exists beside gocloud.dev/blob/gcsblob because that one brings gRPC, Envoy's control plane and
// OpenTelemetry, 17 MB of a program, and prints warnings on standard output. It has what a dataset
// needs: attributes, listings, ranged reads, multipart and resumable uploads, removal. It
// does not copy on the server or sign URLs, which a dataset never asks for.
package gs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/driver"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

// Scheme is that of the URLs that [OpenURL] takes.
const Scheme = "gs"

const (
	scope          = "https://www.googleapis.com/auth/devstorage.read_write"
	defaultDomain  = "googleapis.com"
	emulatorHost   = "STORAGE_EMULATOR_HOST" // as Google's own client libraries have it
	maxResponse    = 16 << 20                // of metadata, in bytes
	uploadAttempts = 4                       // of a piece of an upload
)

// bucket implements [driver.Bucket].
type bucket struct {
	client *http.Client
	base   string // https://storage.googleapis.com
	name   string
}

// OpenURL opens the bucket of a URL such as gs://name. Credentials are Google's application default
// credentials (GOOGLE_APPLICATION_CREDENTIALS, gcloud's, the machine's). Parameters are those of
// gcsblob: anonymous=true sends none; universe_domain names another cloud than googleapis.com;
// access_id and private_key_path, which only sign URLs, are accepted and have no effect.
// STORAGE_EMULATOR_HOST in the environment names an emulator, to which no credentials are sent.
func OpenURL(ctx context.Context, u *url.URL) (*blob.Bucket, error) {
	if u.Host == "" {
		return nil, errors.New("gs: the URL names no bucket")
	}
	anonymous, domain := false, ""
	for name, values := range u.Query() {
		value := values[0]
		switch name {
		case "anonymous":
			var err error
			if anonymous, err = strconv.ParseBool(value); err != nil {
				return nil, fmt.Errorf("gs: parameter anonymous is %q, not true or false", value)
			}
		case "universe_domain":
			domain = value
		case "access_id", "private_key_path":
		default:
			return nil, fmt.Errorf("gs: unknown parameter %q; there are anonymous, universe_domain, access_id and private_key_path", name)
		}
	}
	b := &bucket{client: http.DefaultClient, base: "https://storage." + cmp.Or(domain, defaultDomain), name: u.Host}
	if host := os.Getenv(emulatorHost); host != "" {
		b.base, anonymous = emulatorURL(host), true
	}
	if !anonymous {
		found, err := google.FindDefaultCredentialsWithParams(ctx, google.CredentialsParams{Scopes: []string{scope}, UniverseDomain: domain})
		if err != nil {
			return nil, fmt.Errorf("gs: no credentials (anonymous=true reads public buckets without): %w", err)
		}
		if domain == "" {
			if own, err := found.GetUniverseDomain(); err == nil && own != "" {
				b.base = "https://storage." + own
			}
		}
		b.client = oauth2.NewClient(context.WithoutCancel(ctx), found.TokenSource)
	}
	return blob.NewBucket(b), nil
}

func emulatorURL(host string) string {
	if !strings.Contains(host, "://") {
		host = "http://" + host
	}
	return strings.TrimRight(host, "/")
}

// object returns the address of an object's metadata.
func (b *bucket) object(key string) string { return b.objects() + "/" + url.PathEscape(key) }

// objects returns the address of the bucket's list.
func (b *bucket) objects() string { return b.base + "/storage/v1/b/" + url.PathEscape(b.name) + "/o" }

// As implements [driver.Bucket]. There are no types of this driver to convert to.
func (b *bucket) As(any) bool { return false }

// ErrorAs implements [driver.Bucket].
func (b *bucket) ErrorAs(error, any) bool { return false }

// Copy implements [driver.Bucket].
func (b *bucket) Copy(context.Context, string, string, *driver.CopyOptions) error {
	return errUnimplemented
}

// SignedURL implements [driver.Bucket].
func (b *bucket) SignedURL(context.Context, string, *driver.SignedURLOptions) (string, error) {
	return "", errUnimplemented
}

// Close implements [driver.Bucket]. Connections are those of the process and stay open.
func (b *bucket) Close() error { return nil }
