// Package ingesttest has what the tests of several sources share.
package ingesttest
