"""A ticket as one page: its tables, pictures of accounts and frontier, no scripts, no links, no other files."""

from typing import Final

from hedgerow.report.account_pictures import CAPTION, accounts_picture
from hedgerow.report.frontier_pictures import PICTURES
from hedgerow.report.page import document, figure
from hedgerow.report.render import ticket_html
from hedgerow.report.ticket import Ticket

_CAPTIONS: Final = {
    "frontier": "What less risk costs. Each point is the certified best plan at one risk aversion; no plan lies below "
    "the line. Whole lots lie beside it by what rounding changes.",
    "quantities": "Which instruments the plans use, from little hedging on the left to much on the right; each in % of "
    "its own largest trade, bought above zero, sold below.",
}


def ticket_page(ticket: Ticket) -> str:
    """Compose the page of a ticket.

    Parameters
    ----------
    ticket : Ticket
        The ticket; pictures of its accounts and of its frontier stand below, if there are any.

    Returns
    -------
    str
        A whole document; names from files are escaped. [HTML]

    Raises
    ------
    InputError
        If there are accounts or a frontier to draw and matplotlib is not installed.
    """
    body = f'<div class="scroll">{ticket_html(ticket)}</div>'
    if ticket.accounts:
        drawn_accounts = figure(accounts_picture(ticket.accounts, ticket.exposure.spot), CAPTION)
        body += f"\n<h2>Accounts: where they are liquidated</h2>\n{drawn_accounts}"
    if ticket.frontier is not None:
        frontier = ticket.frontier
        drawn = (figure(draw(frontier, ticket.numeraire), _CAPTIONS[name]) for name, draw in PICTURES.items())
        body += "\n<h2>Cost-risk frontier</h2>\n" + "\n".join(drawn)
    return document(f"Hedge ticket of {ticket.desk}", body)
