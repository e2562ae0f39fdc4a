/** The senders with whom messages and quotes are shown. */

/** Returns the person with whose name and avatar a message or quote is shown: its sender, or a bot under its alias. */
export function shownSender({ sender, alias }) {
  return alias ? { ...sender, name: alias.name || sender.name, avatar: alias.emoji ? null : sender.avatar, emoji: alias.emoji } : sender;
}

/** Whether two messages are shown with the same sender. */
export function haveSameSender(message, other) {
  const [alias, others] = [message.alias, other.alias];
  return message.sender?.id === other.sender?.id && alias?.name === others?.name && alias?.emoji === others?.emoji;
}
