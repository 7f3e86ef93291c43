// Package ordered maps a sequence concurrently and keeps its order.
package ordered
