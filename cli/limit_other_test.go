//go:build !unix

package cli

func limitFiles() {}
