// Package datauri decodes data URIs (RFC 2397).
package datauri
