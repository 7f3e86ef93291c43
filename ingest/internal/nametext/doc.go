// Package nametext makes texts of the names of files and folders.
package nametext
