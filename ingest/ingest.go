// Package ingest turns sources (folders, tables, archives) into datasets of shards.
//
// It owns reading what others wrote: their layouts, limits against hostile input, the journal that an
// interrupted run resumes from, and the account of what was rejected and why. It knows nothing of
// curation, tasks or models.
package ingest
