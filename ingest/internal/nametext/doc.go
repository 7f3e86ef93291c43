// Package nametext makes texts from the names of files and folders.
package nametext
