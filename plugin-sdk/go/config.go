package plugin

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
)

// decodeConfig fills a configuration: the `default` tags first, and over them what the host sends.
func decodeConfig(raw json.RawMessage, config any) error {
	value := reflect.ValueOf(config).Elem()
	if value.Kind() == reflect.Struct {
		if err := fillDefaults(value); err != nil {
			return err
		}
	}
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return json.Unmarshal(raw, config)
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
