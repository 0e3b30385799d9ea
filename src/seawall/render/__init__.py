"""Results as people and tools read them: table, JSON, SARIF, JUnit, HTML, Markdown. Pure: values in, text out."""
