// Package input finds, names, opens and measures what is given to a source: files, folders, pipes
// and objects of a store.
package input
