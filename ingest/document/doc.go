// Package document reads PDF documents: each page is drawn, and keeps its text.
package document
