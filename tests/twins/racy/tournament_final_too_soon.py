"""The final is played by those who are in the list of winners, whether or not the semifinals are over."""


def semifinal(winners, match, players, pause):
    pause(match)
    winners[match] = max(players, key=lambda player: player * 7 % 10)  # RACE unserialisable winner


def final(winners, champion, pause):
    pause(2)
    champion.value = max(winners)  # RACE unserialisable winner


def main(context, pause):
    winners = context.Array("i", 2)
    champion = context.Value("i", -1)
    games = [
        context.Process(target=semifinal, args=(winners, match, players, pause))
        for match, players in enumerate([(1, 2), (3, 4)])
    ]
    games.append(context.Process(target=final, args=(winners, champion, pause)))
    for game in games:
        game.start()
    for game in reversed(games):
        game.join()
    return champion.value
