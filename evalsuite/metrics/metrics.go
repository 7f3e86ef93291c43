// Package metrics holds the scores of the field as pure functions of strings and matrices, equal to
// their reference implementations.
//
// It imports no other package of this module but the counter that draws bootstrap samples.
package metrics
