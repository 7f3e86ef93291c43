// Package archive reads datasets that other tools wrote: WebDataset archives, Arrow files, TFRecord
// files and MosaicML Streaming datasets.
package archive
