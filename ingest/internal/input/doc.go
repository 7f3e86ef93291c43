// Package input finds, names, opens and measures the inputs of a source: files, folders, pipes and
// objects in a store.
package input
