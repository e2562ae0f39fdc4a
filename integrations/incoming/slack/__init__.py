"""Slack's messages as Markdown: mrkdwn, blocks and attachments."""
