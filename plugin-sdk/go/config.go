package plugin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

type rawConfig = json.RawMessage

// decodeConfig fills a configuration: the `default` tags first, and over them what the host sends.
func decodeConfig(raw rawConfig, config any) error {
	value := reflect.ValueOf(config).Elem()
	if value.Kind() == reflect.Struct {
		if err := fillDefaults(value); err != nil {
			return err
		}
	}
	if len(raw) == 0 || string(raw) == "null" {
		raw = rawConfig("{}")
	}
	if err := json.Unmarshal(raw, config); err != nil {
		return err
	}
	return checkRequired(raw, value.Type())
}

func fillDefaults(structure reflect.Value) error {
	for i := 0; i < structure.NumField(); i++ {
		field := structure.Type().Field(i)
		text, found := field.Tag.Lookup("default")
		if !found {
			continue
		}
		if err := setText(structure.Field(i), text); err != nil {
			return fmt.Errorf("the default of %s: %w", field.Name, err)
		}
	}
	return nil
}

// setText reads a default as JSON, where a string stands without quotes.
func setText(field reflect.Value, text string) error {
	if field.Kind() == reflect.String {
		text = strconv.Quote(text)
	}
	return json.Unmarshal([]byte(text), field.Addr().Interface())
}

func checkRequired(raw rawConfig, structure reflect.Type) error {
	if structure.Kind() != reflect.Struct {
		return nil
	}
	var given map[string]rawConfig
	if err := json.Unmarshal(raw, &given); err != nil {
		return err
	}
	for _, each := range settingsOf(structure) {
		if _, found := given[each.name]; each.required && !found {
			return fmt.Errorf("`%s` is missing, which this plugin needs", each.name)
		}
	}
	return nil
}

// setting is a field of the configuration's type.
type setting struct {
	name     string
	required bool
	field    reflect.StructField
}

func settingsOf(structure reflect.Type) []setting {
	var found []setting
	for i := 0; i < structure.NumField(); i++ {
		field := structure.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" {
			name = field.Name
		}
		if field.IsExported() && name != "-" {
			found = append(found, setting{name, field.Tag.Get("required") == "true", field})
		}
	}
	return found
}

// configSchema gives the JSON Schema of a configuration's type. The tags doc, minimum, maximum, pattern and enum (its
// values with commas between) say more of a field; without a default it has its zero value, unless `required:"true"`.
func configSchema(structure reflect.Type) map[string]any {
	if structure.Kind() != reflect.Struct {
		return map[string]any{"type": "object"}
	}
	properties, required := map[string]any{}, []string{}
	defaults := reflect.New(structure).Elem()
	_ = fillDefaults(defaults) // a bad one is told when the plugin starts
	for _, each := range settingsOf(structure) {
		property := typeSchema(each.field.Type)
		addTags(property, each.field)
		if each.required {
			required = append(required, each.name)
		} else {
			property["default"] = emptyNotNull(defaults.FieldByIndex(each.field.Index))
		}
		properties[each.name] = property
	}
	schema := map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
	if len(required) > 0 {
		schema["required"] = required
	}
	return schema
}

func typeSchema(of reflect.Type) map[string]any {
	switch of.Kind() {
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return map[string]any{"type": "integer", "minimum": 0}
	case reflect.Slice, reflect.Array:
		return map[string]any{"type": "array", "items": typeSchema(of.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": typeSchema(of.Elem())}
	case reflect.Struct:
		return configSchema(of)
	case reflect.Pointer:
		schema := typeSchema(of.Elem())
		schema["type"] = []any{schema["type"], "null"}
		return schema
	}
	return map[string]any{}
}

func addTags(property map[string]any, field reflect.StructField) {
	for tag, key := range map[string]string{"doc": "description", "pattern": "pattern"} {
		if text, found := field.Tag.Lookup(tag); found {
			property[key] = text
		}
	}
	for _, tag := range []string{"minimum", "maximum"} {
		if number, err := strconv.ParseFloat(field.Tag.Get(tag), 64); err == nil {
			property[tag] = number
		}
	}
	if text, found := field.Tag.Lookup("enum"); found {
		property["enum"] = strings.Split(text, ",")
	}
}

// emptyNotNull keeps a list without a default from being null, which its schema does not allow.
func emptyNotNull(value reflect.Value) any {
	if value.Kind() == reflect.Slice && value.IsNil() {
		return []any{}
	}
	if value.Kind() == reflect.Map && value.IsNil() {
		return map[string]any{}
	}
	return value.Interface()
}
