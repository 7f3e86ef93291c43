// Package recipes embeds the recipes that ship with pali3, one YAML file each.
package recipes
