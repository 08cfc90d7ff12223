"""Forums, boards, feeds and comments under news: pages in, posts out.

`forum.open_web` is the way in. Its collector runs `crawl` in a process of its own, because Scrapy's reactor can run
only once in a process and a flow collects many sources. There, `walker` decides which page comes next, `polite` keeps
to robots.txt, pace and host, and an engine (`markup`, `schema`, `discourse`, `feeds`) reads the page.
"""
