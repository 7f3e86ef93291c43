package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// module is the path that the packages' import paths begin with.
const module = "github.com/pali3/pali3/"

// structName names a struct by the folder of its package and its own name.
type structName struct{ folder, name string }

// structDoc is a struct with its keys in order, a map, whose keys are free, or a list that reads
// itself.
type structDoc struct {
	doc    string
	keys   []key
	isMap  bool
	isList bool
}

// key is a field of a struct that YAML has.
type key struct {
	name, field string // of YAML; of Go
	doc         string
	kind        string // of value, in words
	isPath      bool
	inline      bool       // its keys are its holder's
	list        bool       // of structs
	holds       structName // for a struct or a list of them
}

// source reads packages.
type source struct {
	root     string
	packages map[string]map[string]*structDoc // folder -> name of struct
}

// find returns a struct.
func (s source) find(name structName) (*structDoc, error) {
	if s.packages[name.folder] == nil {
		if err := s.read(name.folder); err != nil {
			return nil, err
		}
	}
	found := s.packages[name.folder][name.name]
	if found == nil {
		return nil, fmt.Errorf("no struct %s in %s", name.name, name.folder)
	}
	return found, nil
}

// read parses the files of a package.
func (s source) read(folder string) error {
	files, err := filepath.Glob(filepath.Join(s.root, folder, "*.go"))
	if err != nil {
		return err
	}
	s.packages[folder] = map[string]*structDoc{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		imports := map[string]string{}
		for _, spec := range parsed.Imports {
			path, _ := strconv.Unquote(spec.Path.Value)
			if below, ours := strings.CutPrefix(path, module); ours {
				imports[filepath.Base(path)] = below
			}
		}
		for _, decl := range parsed.Decls {
			general, ok := decl.(*ast.GenDecl)
			if !ok || general.Tok != token.TYPE {
				continue
			}
			for _, spec := range general.Specs {
				t := spec.(*ast.TypeSpec)
				switch body := t.Type.(type) {
				case *ast.StructType:
					s.packages[folder][t.Name.Name] = &structDoc{doc: general.Doc.Text(), keys: keysOf(body, folder, imports)}
				case *ast.MapType:
					s.packages[folder][t.Name.Name] = &structDoc{isMap: true}
				case *ast.ArrayType:
					s.packages[folder][t.Name.Name] = &structDoc{isList: true}
				}
			}
		}
	}
	return nil
}

// keysOf lists the fields of a struct that YAML has.
func keysOf(body *ast.StructType, folder string, imports map[string]string) (keys []key) {
	for _, f := range body.Fields.List {
		if f.Tag == nil {
			continue
		}
		text, _ := strconv.Unquote(f.Tag.Value)
		tag := reflect.StructTag(text)
		name, options, _ := strings.Cut(tag.Get("yaml"), ",")
		if tag.Get("yaml") == "" || name == "-" {
			continue
		}
		doc := f.Doc.Text()
		if doc == "" {
			doc = f.Comment.Text()
		}
		k := key{name: name, field: fieldName(f), doc: doc, inline: strings.Contains(options, "inline"), isPath: tag.Get("path") != ""}
		k.setType(f.Type, folder, imports)
		keys = append(keys, k)
	}
	return keys
}

// fieldName returns the name of a field, which is that of its type if it is embedded.
func fieldName(f *ast.Field) string {
	if len(f.Names) > 0 {
		return f.Names[0].Name
	}
	if t, ok := f.Type.(*ast.Ident); ok {
		return t.Name
	}
	return ""
}

// words are those for basic types.
var words = map[string]string{
	"int": "whole number", "uint64": "whole number", "int64": "whole number", "float64": "number", "string": "text", "bool": "true or false",
}

func (k *key) setType(t ast.Expr, folder string, imports map[string]string) {
	switch t := t.(type) {
	case *ast.StarExpr:
		k.setType(t.X, folder, imports)
	case *ast.ArrayType:
		k.setType(t.Elt, folder, imports)
		if k.list = k.kind == ""; !k.list {
			k.kind = map[string]string{"path": "list of paths", "text": "list of texts"}[k.kind]
		}
	case *ast.Ident:
		if k.kind = words[t.Name]; k.kind == "" {
			k.holds = structName{folder, t.Name}
		}
	case *ast.SelectorExpr:
		if package_, ok := t.X.(*ast.Ident); ok {
			k.holds = structName{imports[package_.Name], t.Sel.Name}
		}
	}
	if k.isPath && k.kind == "text" {
		k.kind = "path"
	}
}
