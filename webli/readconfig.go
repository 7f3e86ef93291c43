package webli

import (
	"fmt"
	"reflect"

	"github.com/pali3/pali3/internal/strict"
)

// ParseConfig reads a curation recipe as [ReadConfig] does, without added rules and with all paths
// relative to the current folder.
func ParseConfig(text []byte, name string, assignments ...string) (Config, error) {
	return ReadConfig(text, name, "", nil, assignments...)
}

// ReadConfig reads a curation recipe, with assignments such as "images.min_side=100" applied, and
// validates it. Relative paths in the text begin at the folder base, "" for the current one; those
// in assignments begin at the current folder. The recipe's key rules may name the given rules.
//
// Name is the recipe's: errors name it, the line, the key, what was found and what is legal. A key
// that does not exist is an error that names the nearest legal key.
func ReadConfig(text []byte, name, base string, rules Rules, assignments ...string) (Config, error) {
	if err := rules.validate(); err != nil {
		return Config{}, err
	}
	read := func(into any) error { return strict.ReadMoved(text, name, strict.From(base), into, assignments...) }
	c, problems, err := decodeConfig(read, text, rules)
	if err != nil {
		return Config{}, err
	}
	if err := append(problems, c.problems()...).At(text, name, assignments); err != nil {
		return Config{}, err
	}
	return c, nil
}

// decodeConfig reads a recipe with a read function of package strict. The problems are those of the
// key rules.
//
// Which keys are legal below rules depends on the rules that there are, so the recipe is read into
// a struct type made for them: Config with another type for Rules. It is read twice, first to find
// out which rules it turns on, and then into their default parameters.
func decodeConfig(read func(into any) error, text []byte, rules Rules) (c Config, problems strict.Problems, err error) {
	present := reflect.New(configType(rules, func(maker reflect.Type) reflect.Type { return reflect.PointerTo(maker) }))
	if err := read(present.Interface()); err != nil {
		return c, nil, err
	}
	filled := reflect.New(configType(rules, func(maker reflect.Type) reflect.Type { return maker }))
	parameters := filled.Elem().FieldByName(rulesField)
	for i, name := range rules.names() {
		parameters.Field(i).Set(reflect.ValueOf(rules[name]))
	}
	if err := read(filled.Interface()); err != nil {
		return c, nil, err
	}
	for i := range filled.Elem().NumField() {
		field := filled.Elem().Type().Field(i).Name
		if field != rulesField {
			reflect.ValueOf(&c).Elem().FieldByName(field).Set(filled.Elem().Field(i))
		}
	}
	lines := strict.Lines(text)
	for i, name := range rules.names() {
		switch {
		case !present.Elem().FieldByName(rulesField).Field(i).IsNil():
			if c.Rules == nil {
				c.Rules = Rules{}
			}
			c.Rules[name] = parameters.Field(i).Interface().(RuleMaker)
		case lines["rules."+name] > 0:
			problems.Add("rules."+name, "rules.%s has no value; write {} to turn the rule on with its default parameters", name)
		}
	}
	return c, problems, nil
}

// rulesField is the field of Config that holds the added rules.
const rulesField = "Rules"

// configType returns the type of Config with a struct for its rules: a field for each, in the order
// of their names, of the type that fieldType returns for the rule's maker.
func configType(rules Rules, fieldType func(maker reflect.Type) reflect.Type) reflect.Type {
	config := reflect.TypeFor[Config]()
	var fields []reflect.StructField
	for i := range config.NumField() {
		f := config.Field(i)
		if f.Name == rulesField {
			var makers []reflect.StructField
			for j, name := range rules.names() {
				makers = append(makers, reflect.StructField{
					Name: fmt.Sprint("Rule", j), Type: fieldType(reflect.TypeOf(rules[name])), Tag: reflect.StructTag(`yaml:"` + name + `"`),
				})
			}
			f.Type = reflect.StructOf(makers)
		}
		fields = append(fields, reflect.StructField{Name: f.Name, Type: f.Type, Tag: f.Tag})
	}
	return reflect.StructOf(fields)
}
