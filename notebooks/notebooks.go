// Package notebooks is a folder of GoNB notebooks that use pali3's packages as a reader would. Its
// test runs their cells as one program.
package notebooks
