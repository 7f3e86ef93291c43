// Package archive reads datasets written by other tools: WebDataset archives, Arrow files, TFRecord
// files and MosaicML Streaming datasets.
package archive
